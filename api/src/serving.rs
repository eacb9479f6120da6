//! The accept loop of everything that answers HTTP. What a client can hold is bounded: connections in all and of one
//! address, the time for a request's head (idling included) and for taking an answer; and it ends without breaking off.

use crate::rate::client_of;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tower_service::Service as _;

/// Most bytes of a request's head.
const HEAD_BYTES_MAX: usize = 32 << 10;
/// Most header fields of a request.
const HEADERS_MAX: usize = 64;
/// After an accept that failed, as when there are no file descriptors left.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// What a client can hold.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections in all; who comes then waits in the system's queue.
    pub connections_max: usize,
    /// Connections of one client; more are closed at once.
    pub connections_of_one_max: usize,
    /// Time for a request's head, since the connection or the last answer.
    pub head_max: Duration,
    /// Time for which a client may take nothing of its answer.
    pub answer_max: Duration,
    /// Time for what is on its way at the end.
    pub drain_max: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 1_024,
            connections_of_one_max: 64,
            head_max: Duration::from_secs(20),
            answer_max: Duration::from_secs(30),
            drain_max: Duration::from_secs(30),
        }
    }
}

/// Who asks: an extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Client(pub IpAddr);

/// Connections of each client.
#[derive(Clone, Default)]
struct Crowd(Arc<Mutex<HashMap<Client, usize>>>);

/// A connection's place in the crowd, until it is dropped.
struct Present(Crowd, Client);

impl Crowd {
    fn enter(&self, client: Client, most: usize) -> Option<Present> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(client).or_default();
        (*count < most).then(|| {
            *count += 1;
            Present(self.clone(), client)
        })
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut counts = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.1) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.1);
            }
        }
    }
}

/// Answers at the listener until `stopped`, then what is on its way.
pub async fn serve(listener: TcpListener, routes: Router, limits: Limits, stopped: impl Future<Output = ()>) {
    let (places, crowd, graceful) =
        (Arc::new(Semaphore::new(limits.connections_max)), Crowd::default(), GracefulShutdown::new());
    let mut stopped = std::pin::pin!(stopped);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            () = &mut stopped => break,
        };
        let Ok((stream, address)) = accepted else {
            tokio::time::sleep(ACCEPT_AGAIN).await;
            continue;
        };
        let client = Client(client_of(address.ip()));
        let Some(present) = crowd.enter(client, limits.connections_of_one_max) else { continue };
        let connection = graceful.watch(connection(stream, client, routes.clone(), limits));
        tokio::spawn(async move {
            // A client that breaks off is its own affair.
            let _ = connection.await;
            drop((place, present));
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(limits.drain_max, graceful.shutdown()).await;
}

fn connection(
    stream: TcpStream,
    client: Client,
    routes: Router,
    limits: Limits,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send {
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.answer_max));
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(client);
        routes.clone().call(request)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_max)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use std::net::SocketAddr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n";
    const SLOW: &[u8] = b"GET /slow HTTP/1.1\r\nhost: here\r\n\r\n";

    /// A server that answers at once, or after a while, or with more than any buffer between holds.
    async fn server(limits: Limits) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
        let routes =
            Router::new().route("/", get(async || "here")).route("/long", get(async || vec![b'x'; 64 << 20])).route(
                "/slow",
                get(async || {
                    tokio::time::sleep(Duration::from_millis(400)).await;
                    "at last"
                }),
            );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(serve(listener, routes, limits, async {
            let _ = stopped.await;
        }));
        (address, stop, task)
    }

    async fn answer(stream: &mut TcpStream) -> String {
        let mut bytes = vec![0; 1024];
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut bytes)).await.unwrap();
        String::from_utf8_lossy(&bytes[..read.unwrap_or(0)]).into_owned()
    }

    #[tokio::test]
    async fn who_dawdles_over_a_head_or_idles_is_let_go() {
        let (address, _stop, _task) =
            server(Limits { head_max: Duration::from_millis(200), ..Limits::default() }).await;
        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(REQUEST).await.unwrap();
        assert!(answer(&mut idle).await.ends_with("here"));
        for mut stream in [slow, idle] {
            let mut rest = Vec::new();
            let closed = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await;
            assert!(closed.is_ok(), "the connection is closed");
        }
    }

    #[tokio::test]
    async fn one_client_holds_no_more_than_its_connections() {
        let (address, _stop, _task) = server(Limits { connections_of_one_max: 2, ..Limits::default() }).await;
        let mut held = Vec::new();
        for _ in 0..2 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(REQUEST).await.unwrap();
            assert!(answer(&mut stream).await.contains("200 OK"));
            held.push(stream);
        }
        let mut third = TcpStream::connect(address).await.unwrap();
        let _ = third.write_all(REQUEST).await;
        assert_eq!(answer(&mut third).await, "", "closed at once");
        drop(held);
        tokio::time::sleep(Duration::from_millis(100)).await;
        let mut again = TcpStream::connect(address).await.unwrap();
        again.write_all(REQUEST).await.unwrap();
        assert!(answer(&mut again).await.contains("200 OK"), "its place is free again");
    }

    #[tokio::test]
    async fn what_is_on_its_way_is_answered_at_the_end() {
        let (address, stop, task) = server(Limits::default()).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(SLOW).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        stop.send(()).unwrap();
        assert!(answer(&mut stream).await.ends_with("at last"));
        tokio::time::timeout(Duration::from_secs(5), task).await.unwrap().unwrap();
        assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    }

    #[tokio::test]
    async fn who_takes_nothing_of_its_answer_is_let_go() {
        let limits = Limits { answer_max: Duration::from_millis(200), connections_max: 1, ..Limits::default() };
        let (address, _stop, _task) = server(limits).await;
        let mut greedy = TcpStream::connect(address).await.unwrap();
        greedy.write_all(b"GET /long HTTP/1.1\r\nhost: here\r\n\r\n").await.unwrap();
        // The only place is taken until it is let go.
        let mut next = TcpStream::connect(address).await.unwrap();
        next.write_all(REQUEST).await.unwrap();
        assert!(answer(&mut next).await.contains("200 OK"));
    }
}
