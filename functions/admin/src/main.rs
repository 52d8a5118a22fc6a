//! The Lambda function `admin`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), portico::BoxError> {
    portico::lambda::run(admin::routes()).await
}
