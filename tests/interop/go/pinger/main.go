// A client on grpc-go or Kitex whose keepalive pings a server of dinokit.test.Kinds. It makes two calls, or sends two messages on a stream, with
// a pause in between, and ends with 0 if both have come back.
package main

import (
	"context"
	"flag"
	"fmt"
	"time"

	"dinokit.test/peers/kindspb"
	"dinokit.test/peers/kitex_gen/kinds"
	service "dinokit.test/peers/kitex_gen/kinds/kinds"
	"dinokit.test/peers/peer"
	"github.com/cloudwego/kitex/client"
	kitexgrpc "github.com/cloudwego/kitex/pkg/remote/trans/nphttp2/grpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

var (
	kit      = flag.String("kit", "grpc-go", "grpc-go or kitex")
	address  = flag.String("addr", "", "the server")
	interval = flag.Duration("keepalive", 10*time.Second, "a PING after so long without a frame")
	pause    = flag.Duration("pause", 2*time.Minute, "between the two")
	stream   = flag.Bool("stream", false, "on a stream; without it, nothing is in flight in the pause")
)

func main() {
	flag.Parse()
	say := map[string]func() (func(string) error, error){"grpc-go": grpcGo, "kitex": kitex}[*kit]
	if say == nil {
		peer.Fail(fmt.Errorf("-kit %s: use grpc-go or kitex", *kit))
	}
	send, err := say()
	if err == nil {
		err = send("first")
	}
	if err == nil {
		time.Sleep(*pause)
		err = send("second")
	}
	if err != nil {
		peer.Fail(err)
	}
}

func grpcGo() (func(string) error, error) {
	conn, err := grpc.NewClient(*address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: *interval, PermitWithoutStream: true}))
	if err != nil {
		return nil, err
	}
	calls := kindspb.NewKindsClient(conn)
	if !*stream {
		return func(text string) error {
			_, err := calls.Unary(context.Background(), &kindspb.Msg{Text: text})
			return err
		}, nil
	}
	chat, err := calls.Bidi(context.Background())
	return func(text string) error {
		if err := chat.Send(&kindspb.Msg{Text: text}); err != nil {
			return err
		}
		_, err := chat.Recv()
		return err
	}, err
}

func kitex() (func(string) error, error) {
	calls, err := service.NewClient("kinds", client.WithHostPorts(*address),
		client.WithGRPCKeepaliveParams(kitexgrpc.ClientKeepalive{Time: *interval, PermitWithoutStream: true}))
	if err != nil {
		return nil, err
	}
	if !*stream {
		return func(text string) error {
			_, err := calls.Unary(context.Background(), &kinds.Msg{Text: text})
			return err
		}, nil
	}
	chat, err := calls.Bidi(context.Background())
	return func(text string) error {
		if err := chat.Send(&kinds.Msg{Text: text}); err != nil {
			return err
		}
		_, err := chat.Recv()
		return err
	}, err
}
