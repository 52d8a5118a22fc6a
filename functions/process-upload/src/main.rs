//! The Lambda function `process-upload`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), portico::BoxError> {
    portico::lambda::run_jobs(process_upload::jobs()).await
}
