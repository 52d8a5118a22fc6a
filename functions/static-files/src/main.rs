//! The Lambda function `static-files`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), portico::BoxError> {
    portico::lambda::run(static_files::routes()).await
}
