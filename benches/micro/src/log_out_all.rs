//! What it costs to end every session of somebody who has so many: one line with the milliseconds of CPU time and of the
//! clock, the gateway and the embedded DynamoDB included.

use std::collections::BTreeMap;
use std::error::Error;
use std::net::SocketAddr;
use std::time::Instant;

use http::{Request, header};
use http_body_util::Full;
use local::{Options, Stack};
use serde_json::{Value, json};

use crate::{Outcome, PASSWORD, cpu};

pub(crate) async fn run(sessions: usize) -> Outcome {
    let stack = Stack::start(Options::in_memory(".")).await?;
    let mut kim = Browser { stack: &stack, cookies: BTreeMap::new() };
    let form = json!({ "email": "kim@example.com", "password1": PASSWORD, "password2": PASSWORD });
    kim.post("/signup", &form, 201).await?;
    kim.post("/login", &json!({ "username": "kim@example.com", "password": PASSWORD }), 200).await?;
    multiply(&stack, sessions)?;
    // The first page of a process is dearer.
    let token = kim.token().await?;
    let (began, before) = (Instant::now(), cpu()?);
    kim.send("POST", "/logout/all", &token, "{}".to_owned(), 200).await?;
    println!("{sessions}\t{:.3}\t{:.3}", cpu()? - before, began.elapsed().as_secs_f64() * 1e3);
    kim.send("GET", "/profile", "", String::new(), 401).await?;
    stack.shutdown().await;
    Ok(())
}

/// Puts copies of the one session under other keys, until there are so many.
fn multiply(stack: &Stack, sessions: usize) -> Outcome {
    let (database, table) = (stack.dynamodb().database(), &stack.app().config().tables.sessions);
    let scan = serde_json::from_value(json!({ "TableName": table }))?;
    let found = serde_json::to_value(database.scan(scan)?)?;
    let items = found["Items"].as_array().ok_or("no sessions")?;
    let is_one = |item: &&Value| item["SK"]["S"].as_str().is_some_and(|key| key.starts_with("SESSION#"));
    let mut item = items.iter().find(is_one).ok_or("no session")?.clone();
    for index in 1..sessions {
        item["SK"] = json!({ "S": format!("SESSION#{index:064x}") });
        database.put_item(serde_json::from_value(json!({ "TableName": table, "Item": item }))?)?;
    }
    Ok(())
}

struct Browser<'a> {
    stack: &'a Stack,
    cookies: BTreeMap<String, String>,
}

impl Browser<'_> {
    async fn token(&mut self) -> Result<String, Box<dyn Error>> {
        let answer = self.send("GET", "/csrf", "", String::new(), 200).await?;
        Ok(answer["csrf_token"].as_str().ok_or("no token")?.to_owned())
    }

    async fn post(&mut self, path: &str, form: &Value, expected: u16) -> Outcome {
        let token = self.token().await?;
        self.send("POST", path, &token, form.to_string(), expected).await.map(drop)
    }

    async fn send(
        &mut self,
        method: &str,
        path: &str,
        token: &str,
        body: String,
        expected: u16,
    ) -> Result<Value, Box<dyn Error>> {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost:8000")
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, cookies.join("; "))
            .header("x-csrftoken", token)
            .body(Full::from(body))?;
        let answer = self.stack.handle(request, SocketAddr::from(([192, 0, 2, 1], 50_000))).await;
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str()?.split(';').next().and_then(|pair| pair.split_once('='));
            self.cookies.extend(pair.map(|(name, value)| (name.to_owned(), value.to_owned())));
        }
        let status = answer.status();
        let body = http_body_util::BodyExt::collect(answer.into_body()).await?.to_bytes();
        if status != expected {
            return Err(format!("{method} {path}: {status} {}", String::from_utf8_lossy(&body)).into());
        }
        Ok(serde_json::from_slice(&body).unwrap_or_default())
    }
}
