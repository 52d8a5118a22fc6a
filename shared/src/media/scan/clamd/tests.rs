//! The protocol against small servers that play clamd, well and badly.

use std::io;

use bytes::Bytes;
use tokio::net::TcpListener;

use super::*;
use crate::media::read_at::unreadable::{Gone, Shrunk};

/// What a server does with its one connection.
#[derive(Clone, Copy)]
enum Play {
    /// Takes a whole file, then answers in these pieces.
    Answer(&'static [&'static [u8]]),
    /// The same, without having waited for the file.
    AnswerAtOnce(&'static [u8]),
    /// Takes so many bytes, answers, and closes.
    AnswerAfter(usize, &'static [u8]),
    /// Closes when it has taken a whole file.
    HangUp,
    /// Closes when it has taken so many bytes.
    HangUpAfter(usize),
    /// Takes a whole file, and says nothing.
    Silence,
    /// Accepts, and takes nothing.
    Deaf,
}

/// A server on a port of its own, and what it was sent.
async fn clamd(play: Play) -> (Clamd, tokio::task::JoinHandle<io::Result<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let clamd = at(&listener.local_addr().unwrap().to_string());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        match play {
            Play::Answer(pieces) => {
                let file = file(&mut stream).await?;
                for piece in pieces {
                    stream.write_all(piece).await?;
                    stream.flush().await?;
                    tokio::task::yield_now().await;
                }
                Ok(file)
            }
            Play::AnswerAtOnce(answer) => {
                stream.write_all(answer).await?;
                file(&mut stream).await
            }
            Play::AnswerAfter(bytes, answer) => {
                stream.read_exact(&mut vec![0; bytes]).await?;
                stream.write_all(answer).await?;
                Ok(Vec::new())
            }
            Play::HangUp => file(&mut stream).await,
            Play::HangUpAfter(bytes) => {
                stream.read_exact(&mut vec![0; bytes]).await?;
                Ok(Vec::new())
            }
            Play::Silence => {
                file(&mut stream).await?;
                std::future::pending().await
            }
            Play::Deaf => std::future::pending().await,
        }
    });
    (clamd, server)
}

fn at(address: &str) -> Clamd {
    Clamd::new(&ClamdSettings {
        address: address.to_owned(),
        connect_timeout: Duration::from_secs(5),
        timeout: Duration::from_millis(300),
        max_bytes: 64 << 20,
    })
}

/// Reads the command and the pieces up to the empty one.
async fn file(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut command = [0; 10];
    stream.read_exact(&mut command).await?;
    assert_eq!(&command, b"zINSTREAM\0");
    let mut file = Vec::new();
    loop {
        let length = usize::try_from(stream.read_u32().await?).unwrap();
        if length == 0 {
            return Ok(file);
        }
        let mut piece = vec![0; length];
        stream.read_exact(&mut piece).await?;
        file.extend(piece);
    }
}

async fn scan(play: Play, size: usize) -> Result<Verdict, ScanError> {
    let (clamd, server) = clamd(play).await;
    let outcome = clamd.scan(&Bytes::from(vec![b'x'; size])).await;
    server.abort();
    outcome
}

#[tokio::test]
async fn a_file_arrives_whole_whatever_its_size() {
    for size in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 7] {
        let sent: Bytes = (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let (clamd, server) = clamd(Play::Answer(&[b"stream: OK\0"])).await;
        assert_eq!(clamd.scan(&sent).await.unwrap(), Verdict::Clean, "{size}");
        assert!(server.await.unwrap().unwrap() == sent, "{size}");
    }
}

#[tokio::test]
async fn an_answer_in_pieces_is_put_together() {
    let clean = scan(Play::Answer(&[b"str", b"eam: ", b"OK", b"\0"]), 10).await.unwrap();
    assert_eq!(clean, Verdict::Clean);
    let found = scan(Play::Answer(&[b"stream: Eicar-", b"Test-Signature FOU", b"ND\0"]), 10).await.unwrap();
    assert_eq!(found, Verdict::Infected { name: "Eicar-Test-Signature".to_owned() });
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_no_verdict() {
    for answer in [
        &b"\0"[..],
        b"OK\0",
        b"stream: ok\0",
        b"stream: OK",
        b"stream: OK\n",
        b"stream: OK\0stream: OK",
        b"stream:  FOUND\0",
        b"stream: NOT OK\0",
        b"stream: Can't allocate memory ERROR\0",
        b"UNKNOWN COMMAND\0",
        b"COMMAND READ TIMED OUT\0",
        b"HTTP/1.1 200 OK\r\n\r\n\0",
        b"\xFF\xFE\xFD\0",
        &[b'x'; 10_000],
    ] {
        let pieces: &'static [&'static [u8]] = Box::leak(Box::new([answer]));
        let outcome = scan(Play::Answer(pieces), 10).await;
        assert!(matches!(outcome, Err(ScanError::Unavailable(_))), "{outcome:?} of {answer:?}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_is_no_verdict() {
    for play in [Play::HangUp, Play::HangUpAfter(0), Play::HangUpAfter(10), Play::HangUpAfter(PIECE)] {
        let outcome = scan(play, 8 * PIECE).await;
        assert!(matches!(outcome, Err(ScanError::Unavailable(_))), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_in_time_is_no_verdict() {
    for play in [Play::Silence, Play::Deaf] {
        let outcome = scan(play, 8 * PIECE).await;
        assert!(matches!(outcome, Err(ScanError::Unavailable(_))), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_no_verdict() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let outcome = at(&address).scan(&Bytes::from_static(b"x")).await;
    assert!(matches!(outcome, Err(ScanError::Unavailable(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_file_is_clean_only_when_all_of_it_was_taken() {
    let outcome = scan(Play::AnswerAtOnce(b"stream: OK\0"), 8 * PIECE).await;
    assert!(matches!(outcome, Err(ScanError::Unavailable(_))), "{outcome:?}");
    let outcome = scan(Play::AnswerAfter(1_000, b"stream: OK\0"), 8 * PIECE).await;
    assert!(matches!(outcome, Err(ScanError::Unavailable(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_file_that_clamd_does_not_take_is_told_from_one_that_it_could_not() {
    let outcome = scan(Play::Answer(&[b"INSTREAM size limit exceeded. ERROR\0"]), 10).await;
    assert!(matches!(outcome, Err(ScanError::TooLarge)), "{outcome:?}");
    let outcome = scan(Play::Answer(&[b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0"]), 10).await;
    assert!(matches!(outcome, Err(ScanError::TooLarge)), "{outcome:?}");
    // Over what it is given at most it is not even asked: nobody listens here.
    let mut nobody = at("127.0.0.1:1");
    nobody.settings.max_bytes = 9;
    let outcome = nobody.scan(&Bytes::from_static(b"0123456789")).await;
    assert!(matches!(outcome, Err(ScanError::TooLarge)), "{outcome:?}");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_not_judged() {
    for source in [&Gone as &dyn ReadAt, &Shrunk] {
        let (clamd, server) = clamd(Play::Silence).await;
        let outcome = clamd.scan(source).await;
        assert!(matches!(outcome, Err(ScanError::Source(_))), "{outcome:?}");
        server.abort();
    }
}
