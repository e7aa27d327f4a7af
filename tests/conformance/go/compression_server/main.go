// A TestService that does what grpc-go's own leaves out: it looks whether requests are compressed, and compresses the replies
// that shall be, message by message.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/interop"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

type server struct{ pb.TestServiceServer }

func (s *server) UnaryCall(ctx context.Context, in *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	if err := check(ctx, in.ExpectCompressed); err != nil {
		return nil, err
	}
	encoding := encoding.Identity
	if in.ResponseCompressed.GetValue() {
		encoding = gzip.Name
	}
	if err := grpc.SetSendCompressor(ctx, encoding); err != nil {
		return nil, err
	}
	return s.TestServiceServer.UnaryCall(ctx, in)
}

func (s *server) StreamingInputCall(stream grpc.ClientStreamingServer[pb.StreamingInputCallRequest, pb.StreamingInputCallResponse]) error {
	sum := 0
	for {
		in, err := stream.Recv()
		if err == io.EOF {
			return stream.SendAndClose(&pb.StreamingInputCallResponse{AggregatedPayloadSize: int32(sum)})
		}
		if err != nil {
			return err
		}
		if err := check(stream.Context(), in.ExpectCompressed); err != nil {
			return err
		}
		sum += len(in.GetPayload().GetBody())
	}
}

func (s *server) StreamingOutputCall(in *pb.StreamingOutputCallRequest, stream grpc.ServerStreamingServer[pb.StreamingOutputCallResponse]) error {
	if err := grpc.SetSendCompressor(stream.Context(), gzip.Name); err != nil {
		return err
	}
	for _, want := range in.ResponseParameters {
		reply := &pb.StreamingOutputCallResponse{Payload: &pb.Payload{Body: make([]byte, want.Size)}}
		var message any = reply
		if !want.Compressed.GetValue() {
			// Prepared by what the stream began with, which was no encoding.
			plain := new(grpc.PreparedMsg)
			if err := plain.Encode(stream, reply); err != nil {
				return err
			}
			message = plain
		}
		if err := stream.SendMsg(message); err != nil {
			return err
		}
	}
	return nil
}

// check compares what was expected of a request with how the last one came.
func check(ctx context.Context, want *pb.BoolValue) error {
	got := ctx.Value(lastKey{}).(*last).compressed
	if want != nil && want.Value != got {
		return status.Errorf(codes.InvalidArgument, "compressed: %v; expected: %v", got, want.Value)
	}
	return nil
}

type lastKey struct{}

// last is how the message came that a call received last.
type last struct{ compressed bool }

type watch struct{}

func (watch) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context {
	return context.WithValue(ctx, lastKey{}, new(last))
}

func (watch) HandleRPC(ctx context.Context, event stats.RPCStats) {
	switch e := event.(type) {
	case *stats.InPayload:
		ctx.Value(lastKey{}).(*last).compressed = e.CompressedLength != e.Length
	case *stats.OutPayload:
		fmt.Printf("SENT compressed=%v\n", e.CompressedLength != e.Length)
	}
}

func (watch) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (watch) HandleConn(context.Context, stats.ConnStats)                       {}

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "where it listens")
	flag.Parse()
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	s := grpc.NewServer(grpc.StatsHandler(watch{}))
	pb.RegisterTestServiceServer(s, &server{interop.NewTestServer()})
	fmt.Println("READY", listener.Addr())
	log.Fatal(s.Serve(listener))
}
