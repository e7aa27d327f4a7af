//! The messages of bench.proto.

/// A request of Echo and Chat.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Req {
    #[prost(string, tag = "1")]
    pub mes: String,
}

/// Its reply.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Resp {
    #[prost(string, tag = "1")]
    pub resp: String,
}

/// How much Download shall send.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Order {
    #[prost(int32, tag = "1")]
    pub count: i32,
    #[prost(int32, tag = "2")]
    pub size: i32,
}

/// A message of Download.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Chunk {
    #[prost(bytes = "bytes", tag = "1")]
    pub data: prost::bytes::Bytes,
}
