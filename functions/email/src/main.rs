//! The Lambda function `email`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), portico::BoxError> {
    portico::lambda::run(email::routes()).await
}
