//! The Lambda function `presign-upload`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), portico::BoxError> {
    portico::lambda::run(presign_upload::routes()).await
}
