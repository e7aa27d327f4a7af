// A client on grpc-go for dinokit.test.Kinds: prints one JSON line for each call.
package main

import (
	"context"
	"encoding/base64"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"dinokit.test/peers/kindspb"
	"dinokit.test/peers/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

var (
	address     = flag.String("addr", "127.0.0.1:8888", "the server")
	kind        = flag.String("kind", "unary", "unary, client, server, bidi, or health (grpc.health.v1)")
	text        = flag.String("text", "hello", "the text of each message; of health, the service")
	messages    = flag.Int("messages", 1, "client, bidi: how many are sent; server: how many are asked for")
	size        = flag.Int("size", 0, "bytes of data in each message")
	timeout     = flag.Int("timeout", 0, "the time limit of a call in milliseconds, 0 for none")
	cancelAfter = flag.Int("cancel-after", -1, "cancel the call after so many replies; 0 cancels it 100 ms after its start")
	count       = flag.Int("count", 1, "the number of calls")
	gzip        = flag.Bool("gzip", false, "send and accept gzip")
	fields      peer.Fields
)

func main() {
	flag.Var(&fields, "metadata", "metadata, `key=value`; base64 where the key ends in -bin")
	flag.Parse()
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if *gzip {
		encoding.RegisterCompressor(peer.Gzip{})
		options = append(options, grpc.WithDefaultCallOptions(grpc.UseCompressor("gzip")))
	}
	conn, err := grpc.NewClient(*address, options...)
	if err != nil {
		peer.Fail(err)
	}
	defer conn.Close()
	for range *count {
		c := newCall(conn)
		err := c.run()
		peer.Print(c.outcome(err))
		c.cancel()
	}
}

// call is one call and what came of it.
type call struct {
	conn    *grpc.ClientConn
	ctx     context.Context
	cancel  context.CancelFunc
	replies []Reply
	header  metadata.MD
	trailer metadata.MD
}

// Reply is a message that came back.
type Reply struct {
	Text  string `json:"text"`
	Count int32  `json:"count"`
	Bytes int    `json:"bytes"`
}

func newCall(conn *grpc.ClientConn) *call {
	ctx, cancel := context.WithCancel(context.Background())
	if *timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, time.Duration(*timeout)*time.Millisecond)
	}
	for _, field := range fields {
		value := field[1]
		if strings.HasSuffix(field[0], "-bin") {
			bytes, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				peer.Fail(err)
			}
			value = string(bytes)
		}
		ctx = metadata.AppendToOutgoingContext(ctx, field[0], value)
	}
	if *cancelAfter == 0 {
		time.AfterFunc(100*time.Millisecond, cancel)
	}
	return &call{conn: conn, ctx: ctx, cancel: cancel}
}

func (c *call) run() error {
	options := []grpc.CallOption{grpc.Header(&c.header), grpc.Trailer(&c.trailer)}
	client := kindspb.NewKindsClient(c.conn)
	switch *kind {
	case "unary":
		reply, err := client.Unary(c.ctx, message(), options...)
		return c.note(reply, err)
	case "server":
		stream, err := client.ServerStream(c.ctx, message(), options...)
		if err != nil {
			return err
		}
		return c.receive(stream.Recv)
	case "client":
		stream, err := client.ClientStream(c.ctx, options...)
		if err != nil {
			return err
		}
		for range *messages {
			if stream.Send(message()) != nil {
				break // CloseAndRecv has the status
			}
		}
		return c.note(stream.CloseAndRecv())
	case "bidi":
		stream, err := client.Bidi(c.ctx, options...)
		if err != nil {
			return err
		}
		return c.pingPong(stream)
	case "health":
		reply, err := healthpb.NewHealthClient(c.conn).Check(c.ctx, &healthpb.HealthCheckRequest{Service: *text}, options...)
		return c.note(&kindspb.Msg{Text: reply.GetStatus().String()}, err)
	}
	return fmt.Errorf("-kind %s: use unary, client, server, bidi or health", *kind)
}

func message() *kindspb.Msg {
	return &kindspb.Msg{Text: *text, Count: int32(*messages), Data: make([]byte, *size)}
}

// pingPong sends a message only when the one before it has come back.
func (c *call) pingPong(stream grpc.BidiStreamingClient[kindspb.Msg, kindspb.Msg]) error {
	for range *messages {
		if stream.Send(message()) != nil {
			break // Recv has the status
		}
		if err := c.note(stream.Recv()); err != nil {
			return err
		}
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	return c.receive(stream.Recv)
}

func (c *call) receive(next func() (*kindspb.Msg, error)) error {
	for {
		reply, err := next()
		if err == io.EOF {
			return nil
		}
		if err := c.note(reply, err); err != nil {
			return err
		}
	}
}

func (c *call) note(reply *kindspb.Msg, err error) error {
	if err != nil {
		return err
	}
	c.replies = append(c.replies, Reply{reply.Text, reply.Count, len(reply.Data)})
	if len(c.replies) == *cancelAfter {
		c.cancel()
	}
	return nil
}

// Outcome is what a call came to.
type Outcome struct {
	Replies []Reply             `json:"replies"`
	Header  map[string][]string `json:"header"`
	Trailer map[string][]string `json:"trailer"`
	Status  Status              `json:"status"`
}

// Status is a gRPC status. Its details are the texts of the messages in it.
type Status struct {
	Code    uint32   `json:"code"`
	Message string   `json:"message"`
	Details []string `json:"details"`
}

func (c *call) outcome(err error) Outcome {
	s := status.Convert(err)
	outcome := Outcome{
		Replies: append([]Reply{}, c.replies...),
		Header:  peer.Printable(c.header),
		Trailer: peer.Printable(c.trailer),
		Status:  Status{Code: uint32(s.Code()), Message: s.Message(), Details: []string{}},
	}
	for _, detail := range s.Details() {
		if msg, ok := detail.(*kindspb.Msg); ok {
			outcome.Status.Details = append(outcome.Status.Details, msg.Text)
		} else {
			outcome.Status.Details = append(outcome.Status.Details, fmt.Sprint(detail))
		}
	}
	return outcome
}
