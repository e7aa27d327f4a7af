//! Writes tonic's code for bench.proto from a description, as tonic-build allows: so no protoc is needed.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let codec = "tonic_prost::ProstCodec";
    let method = |name: &str, route: &str, input: &str, output: &str| {
        Method::builder()
            .name(name)
            .route_name(route)
            .input_type(format!("crate::messages::{input}"))
            .output_type(format!("crate::messages::{output}"))
            .codec_path(codec)
    };
    let service = Service::builder()
        .name("EchoService")
        .package("echo")
        .method(method("echo", "Echo", "Req", "Resp").build())
        .method(method("download", "Download", "Order", "Chunk").server_streaming().build())
        .method(method("chat", "Chat", "Req", "Resp").client_streaming().server_streaming().build())
        .build();
    Builder::new().build_client(false).compile(&[service]);
}
