//! What only a socket shows: framing, smuggling, timeouts, the graceful end.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use super::*;

struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

async fn serve(probe: &Arc<Probe>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let gateway = Arc::new(everything(probe));
    let task = tokio::spawn(gateway.serve(listener, async move { stopped.await.unwrap_or_default() }));
    Server { address, stop, task }
}

/// Sends the bytes and reads until the server closes the connection.
async fn exchange(server: &Server, request: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(request.as_ref()).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the connection stays open after {:?}", String::from_utf8_lossy(&answer));
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_request_over_a_socket_is_answered_with_its_length() {
    let probe = Probe::ok();
    let server = serve(&probe).await;
    let answer = exchange(&server, "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("content-length: 2\r\n") && answer.ends_with("\r\n\r\nok"), "{answer}");
    assert_eq!(probe.event()["requestContext"]["http"]["sourceIp"], "127.0.0.1");
}

#[tokio::test]
async fn head_over_a_socket_has_the_length_and_no_body() {
    let server = serve(&Probe::ok()).await;
    let answer = exchange(&server, "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert!(answer.contains("content-length: 2\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
}

#[tokio::test]
async fn a_request_with_two_lengths_is_refused_before_any_function() {
    let probe = Probe::ok();
    let server = serve(&probe).await;
    let smuggled = "GET /admin HTTP/1.1\r\nHost: a\r\n\r\n";
    let heads = [
        "Content-Length: 0\r\nContent-Length: 33".to_owned(),
        "Content-Length: 0\r\nContent-Length: 0".to_owned(),
        "Content-Length: 0, 33".to_owned(),
        "Content-Length: +0".to_owned(),
        "Content-Length: 5\r\nTransfer-Encoding: chunked".to_owned(),
        "Transfer-Encoding: chunked\r\nContent-Length: 5".to_owned(),
        "transfer-encoding: chunked\r\nTransfer-Encoding: identity".to_owned(),
        "Transfer-Encoding: xchunked".to_owned(),
        "Transfer-Encoding : chunked".to_owned(),
        "Content-Length : 0".to_owned(),
        "X: y\r\n Content-Length: 0".to_owned(),
    ];
    for head in heads {
        let answer =
            exchange(&server, format!("POST / HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n0\r\n\r\n{smuggled}")).await;
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{head}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{head}: {answer}");
    }
    assert_eq!(probe.count(), 0);
}

#[tokio::test]
async fn a_pipelined_request_is_judged_by_its_own_head() {
    let probe = Probe::ok();
    let server = serve(&probe).await;
    let good = "POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let bad = "POST /second HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n";
    let answer = exchange(&server, format!("{good}{bad}")).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("HTTP/1.1 400 "), "{answer}");
    assert_eq!(probe.count(), 1);
    assert_eq!(probe.event()["rawPath"], "/first");
    assert_eq!(probe.event()["headers"]["content-length"], "3");
    assert!(probe.event()["headers"].get("transfer-encoding").is_none());
}

#[tokio::test]
async fn a_missing_or_repeated_host_is_refused() {
    let server = serve(&Probe::ok()).await;
    for head in ["", "Host: a\r\nHost: b\r\n", "Host: a, b\r\n", "Host:\r\n"] {
        let answer = exchange(&server, format!("GET / HTTP/1.1\r\n{head}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 400 ") && answer.ends_with(r#"{"message":"Bad Request"}"#), "{answer}");
    }
}

#[tokio::test]
async fn an_absolute_target_is_read_as_its_path() {
    let probe = Probe::ok();
    let server = serve(&probe).await;
    exchange(&server, "GET http://site.test/a%2Fb?c HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n").await;
    assert_eq!(probe.event()["rawPath"], "/a/b");
    assert_eq!(probe.event()["headers"]["host"], "site.test");
    let answer = exchange(&server, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test]
async fn an_oversize_head_is_431_whoever_notices() {
    let server = serve(&Probe::ok()).await;
    let request = |length| format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(length));
    let answer = exchange(&server, request(11_000)).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert!(answer.ends_with(r#"{"message":"Request Header Fields Too Large"}"#), "{answer}");
}

#[tokio::test]
async fn an_oversize_body_is_read_to_its_end_so_that_the_413_arrives() {
    let probe = Probe::ok();
    let server = serve(&probe).await;
    let length = limits::BODY + 1;
    let mut request = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\n").into_bytes();
    request.resize(request.len() + length, b'x');
    let answer = exchange(&server, request).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    let waiting = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n";
    assert!(exchange(&server, waiting).await.starts_with("HTTP/1.1 413 "));
    assert_eq!(probe.count(), 0);
}

#[tokio::test]
async fn a_body_cut_off_reaches_no_function() {
    let probe = Probe::ok();
    let server = serve(&probe).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc").await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(!answer.contains(" 200 "), "{answer}");
    assert_eq!(probe.count(), 0);
}

#[tokio::test]
async fn the_end_waits_for_requests_in_progress_and_takes_no_new_ones() {
    let mut probe = Probe::ok();
    Arc::get_mut(&mut probe).unwrap().delay = Duration::from_millis(200);
    let server = serve(&probe).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    while probe.count() == 0 {
        tokio::task::yield_now().await;
    }
    server.stop.send(()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("ok"), "{answer}");
    server.task.await.unwrap();
    assert!(TcpStream::connect(server.address).await.is_err());
}
