//! The Lambda function `mailer`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), portico::BoxError> {
    portico::lambda::run_jobs(mailer::jobs()).await
}
