//! The bench's server on tonic, on one thread: `tonic_server [CERT_FILE KEY_FILE]`.

mod messages;

mod generated {
    include!(concat!(env!("OUT_DIR"), "/echo.EchoService.rs"));
}

use std::pin::Pin;

use generated::echo_service_server::{EchoService, EchoServiceServer};
use messages::{Chunk, Order, Req, Resp};
use tokio_stream::{Stream, StreamExt, wrappers::TcpListenerStream};
use tonic::transport::{Identity, Server, ServerTlsConfig};
use tonic::{Request, Response, Status, Streaming};

type Replies<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

struct Service;

#[tonic::async_trait]
impl EchoService for Service {
    type DownloadStream = Replies<Chunk>;
    type ChatStream = Replies<Resp>;

    async fn echo(&self, request: Request<Req>) -> Result<Response<Resp>, Status> {
        Ok(Response::new(Resp { resp: request.into_inner().mes }))
    }

    async fn download(&self, request: Request<Order>) -> Result<Response<Self::DownloadStream>, Status> {
        let Order { count, size } = request.into_inner();
        let data = prost::bytes::Bytes::from(vec![0; size as usize]);
        let chunks = (0..count).map(move |_| Ok(Chunk { data: data.clone() }));
        Ok(Response::new(Box::pin(tokio_stream::iter(chunks))))
    }

    async fn chat(&self, request: Request<Streaming<Req>>) -> Result<Response<Self::ChatStream>, Status> {
        let replies = request.into_inner().map(|req| req.map(|req| Resp { resp: req.mes }));
        Ok(Response::new(Box::pin(replies)))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve())
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let mut server = Server::builder();
    let files: Vec<String> = std::env::args().skip(1).collect();
    if let [cert, key] = files.as_slice() {
        let identity = Identity::from_pem(std::fs::read(cert)?, std::fs::read(key)?);
        server = server.tls_config(ServerTlsConfig::new().identity(identity))?;
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("READY {}", listener.local_addr()?);
    // tonic sets TCP_NODELAY on sockets that it accepts itself, not on those of a listener that it is given.
    let sockets = TcpListenerStream::new(listener).map(|socket| {
        let socket = socket?;
        socket.set_nodelay(true)?;
        Ok::<_, std::io::Error>(socket)
    });
    server.add_service(EchoServiceServer::new(Service)).serve_with_incoming(sockets).await?;
    Ok(())
}
