//! The Lambda function `erase-account`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), portico::BoxError> {
    portico::lambda::run_jobs(erase_account::jobs()).await
}
