//! The Lambda function `account`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), portico::BoxError> {
    portico::lambda::run(account::routes()).await
}
