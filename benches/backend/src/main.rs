//! What Lambda functions find in AWS, on one machine behind HTTPS: `backend DATA CERTIFICATES KEY`, in the project's
//! folder.
//!
//! The embedded engines with the data of a folder, each behind a port of its own that speaks TLS, and two secrets. When all
//! of it listens, one line of JSON says so: for each function its environment as the template sets it, with these endpoints
//! in it. It ends with its standard input.

mod front;
mod secrets;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::PathBuf;

use local::iam;
use local::{Options, Stack};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio_rustls::TlsAcceptor;

/// What the functions take themselves for: where the requests that they are sent come from.
const SITE: &str = "https://www.example.org";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).map(PathBuf::from).collect();
    let [data, certificates, key] = &arguments[..] else { return Err("backend DATA CERTIFICATES KEY".into()) };
    let tls = front::acceptor(certificates, key)?;
    let mut options = Options::in_memory(".");
    options.data = Some(data.clone());
    options.deliver_events = false;
    // With every function that there is.
    let parameters = [("PublicUrl", SITE), ("Admin", "on"), ("StaticFiles", "function")];
    options.parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let stack = Stack::start(options).await?;
    let endpoints = endpoints(&stack, &tls).await?;
    announce(&stack, &endpoints);
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    stack.shutdown().await;
    Ok(())
}

/// The variable of the SDK for each service, with its address.
async fn endpoints(stack: &Stack, tls: &TlsAcceptor) -> Result<BTreeMap<&'static str, String>, Box<dyn Error>> {
    let engines = [
        ("AWS_ENDPOINT_URL_DYNAMODB", stack.dynamodb().url()),
        ("AWS_ENDPOINT_URL_S3", stack.s3_url()),
        ("AWS_ENDPOINT_URL_SESV2", stack.ses_url()),
    ];
    let mut endpoints = BTreeMap::new();
    for (name, url) in engines {
        let port = url.rsplit(':').next().ok_or("an engine without a port")?.parse()?;
        endpoints.insert(name, front::of(port, tls.clone()).await?);
    }
    let vault = secrets::serve(tls.clone()).await?;
    endpoints.insert("AWS_ENDPOINT_URL_SECRETS_MANAGER", vault);
    Ok(endpoints)
}

#[expect(clippy::print_stdout, reason = "what the measurement waits for")]
fn announce(stack: &Stack, endpoints: &BTreeMap<&'static str, String>) {
    let secret = stack.aws().credentials.secret_access_key();
    let functions: serde_json::Map<_, _> = stack
        .template()
        .functions
        .iter()
        .map(|function| {
            let mut environment = function.environment.clone();
            let given = [
                ("AWS_REGION", "us-east-1".to_owned()),
                ("AWS_ACCESS_KEY_ID", iam::access_key(&function.name)),
                ("AWS_SECRET_ACCESS_KEY", secret.to_owned()),
                ("AWS_LAMBDA_FUNCTION_NAME", function.name.clone()),
                ("AWS_LAMBDA_FUNCTION_VERSION", "1".to_owned()),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory.to_string()),
            ];
            environment.extend(given.map(|(name, value)| (name.to_owned(), value)));
            environment.extend(endpoints.iter().map(|(name, url)| ((*name).to_owned(), url.clone())));
            let routes: Vec<_> = function.routes.iter().map(|route| &route.path).collect();
            (function.name.clone(), json!({ "environment": environment, "routes": routes }))
        })
        .collect();
    println!("{}", json!({ "site": SITE, "headers": secrets::headers(), "functions": Value::Object(functions) }));
}
