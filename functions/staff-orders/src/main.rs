//! The Lambda function `staff-orders`.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), portico::BoxError> {
    portico::lambda::run(staff_orders::routes()).await
}
