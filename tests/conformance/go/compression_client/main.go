// The compression cases of gRPC's interop tests, which grpc-go's own client leaves out.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	pb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

var cases = map[string]func(context.Context, pb.TestServiceClient) error{
	"client_compressed_unary":     clientUnary,
	"server_compressed_unary":     serverUnary,
	"client_compressed_streaming": clientStreaming,
	"server_compressed_streaming": serverStreaming,
}

func yes(value bool) *pb.BoolValue { return &pb.BoolValue{Value: value} }

func zeros(size int) *pb.Payload { return &pb.Payload{Body: make([]byte, size)} }

func clientUnary(ctx context.Context, client pb.TestServiceClient) error {
	request := func(expect bool) *pb.SimpleRequest {
		return &pb.SimpleRequest{ExpectCompressed: yes(expect), ResponseSize: 314159, Payload: zeros(271828)}
	}
	if _, err := client.UnaryCall(ctx, request(true)); status.Code(err) != codes.InvalidArgument {
		return fmt.Errorf("the probe: %v; want INVALID_ARGUMENT", err)
	}
	if err := sized(client.UnaryCall(ctx, request(true), grpc.UseCompressor(gzip.Name))); err != nil {
		return fmt.Errorf("compressed: %w", err)
	}
	if err := sized(client.UnaryCall(ctx, request(false))); err != nil {
		return fmt.Errorf("not compressed: %w", err)
	}
	return nil
}

func serverUnary(ctx context.Context, client pb.TestServiceClient) error {
	for _, want := range []bool{true, false} {
		request := &pb.SimpleRequest{ResponseCompressed: yes(want), ResponseSize: 314159, Payload: zeros(271828)}
		if err := sized(client.UnaryCall(ctx, request)); err != nil {
			return err
		}
		if got := <-received; got != want {
			return fmt.Errorf("the reply was compressed: %v; want %v", got, want)
		}
	}
	return nil
}

func sized(reply *pb.SimpleResponse, err error) error {
	if err == nil && len(reply.Payload.GetBody()) != 314159 {
		return fmt.Errorf("the reply has %d bytes; want 314159", len(reply.Payload.GetBody()))
	}
	return err
}

func clientStreaming(ctx context.Context, client pb.TestServiceClient) error {
	plain, err := client.StreamingInputCall(ctx)
	if err != nil {
		return err
	}
	first := &pb.StreamingInputCallRequest{ExpectCompressed: yes(true), Payload: zeros(27182)}
	second := &pb.StreamingInputCallRequest{ExpectCompressed: yes(false), Payload: zeros(45904)}
	// Prepared by a stream without an encoding, to be sent by the one with gzip.
	uncompressed := new(grpc.PreparedMsg)
	if err := uncompressed.Encode(plain, second); err != nil {
		return err
	}
	if err := plain.Send(first); err != nil {
		return err
	}
	if _, err := plain.CloseAndRecv(); status.Code(err) != codes.InvalidArgument {
		return fmt.Errorf("the probe: %v; want INVALID_ARGUMENT", err)
	}
	stream, err := client.StreamingInputCall(ctx, grpc.UseCompressor(gzip.Name))
	if err != nil {
		return err
	}
	for _, message := range []any{first, uncompressed} {
		if err := stream.SendMsg(message); err != nil {
			return err
		}
	}
	reply, err := stream.CloseAndRecv()
	if err == nil && reply.AggregatedPayloadSize != 73086 {
		return fmt.Errorf("the sum is %d; want 73086", reply.AggregatedPayloadSize)
	}
	return err
}

func serverStreaming(ctx context.Context, client pb.TestServiceClient) error {
	want := []*pb.ResponseParameters{{Size: 31415, Compressed: yes(true)}, {Size: 92653, Compressed: yes(false)}}
	stream, err := client.StreamingOutputCall(ctx, &pb.StreamingOutputCallRequest{ResponseParameters: want})
	if err != nil {
		return err
	}
	for _, one := range want {
		reply, err := stream.Recv()
		if err != nil {
			return err
		}
		if len(reply.Payload.GetBody()) != int(one.Size) {
			return fmt.Errorf("a reply has %d bytes; want %d", len(reply.Payload.GetBody()), one.Size)
		}
		if got := <-received; got != one.Compressed.Value {
			return fmt.Errorf("the reply of %d bytes was compressed: %v; want %v", one.Size, got, one.Compressed.Value)
		}
	}
	if _, err := stream.Recv(); err != io.EOF {
		return fmt.Errorf("after the last reply: %v; want the end", err)
	}
	return nil
}

// received says of each reply whether it came compressed.
var received = make(chan bool, 16)

type watch struct{}

func (watch) HandleRPC(_ context.Context, event stats.RPCStats) {
	if e, ok := event.(*stats.InPayload); ok {
		received <- e.CompressedLength != e.Length
	}
}

func (watch) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (watch) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (watch) HandleConn(context.Context, stats.ConnStats)                       {}

func main() {
	addr := flag.String("addr", "", "the server")
	name := flag.String("test_case", "", "the case")
	flag.Parse()
	conn, err := grpc.NewClient(*addr, grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithStatsHandler(watch{}))
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	run := cases[*name]
	if run == nil {
		log.Fatalf("no case %q", *name)
	}
	if err := run(ctx, pb.NewTestServiceClient(conn)); err != nil {
		log.Fatalf("%s: %v", *name, err)
	}
}
