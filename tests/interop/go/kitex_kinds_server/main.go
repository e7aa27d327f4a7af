// The four kinds of call on Kitex: dinokit.test.Kinds. What a text asks for is in act().
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"

	"dinokit.test/peers/kitex_gen/kinds"
	service "dinokit.test/peers/kitex_gen/kinds/kinds"
	"dinokit.test/peers/peer"
	"github.com/cloudwego/kitex/pkg/remote/trans/nphttp2/codes"
	"github.com/cloudwego/kitex/pkg/remote/trans/nphttp2/status"
	"github.com/cloudwego/kitex/server"
)

func main() {
	address := flag.String("addr", "127.0.0.1:0", "where it listens")
	flag.Parse()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		peer.Fail(err)
	}
	server.RegisterStartHook(func() { peer.Ready(listener.Addr().String()) })
	options := []server.Option{server.WithListener(listener), server.WithExitWaitTime(time.Second)}
	if err := service.NewServer(new(kindsServer), options...).Run(); err != nil {
		peer.Fail(err)
	}
}

type kindsServer struct{}

func (*kindsServer) Unary(ctx context.Context, req *kinds.Msg) (*kinds.Msg, error) {
	return req, act(ctx, req.Text)
}

func (*kindsServer) ClientStream(stream kinds.Kinds_ClientStreamServer) error {
	var texts []string
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(&kinds.Msg{Text: strings.Join(texts, ","), Count: int32(len(texts))})
		}
		if err != nil {
			return err
		}
		if err := act(stream.Context(), req.Text); err != nil {
			return err
		}
		texts = append(texts, req.Text)
	}
}

func (*kindsServer) ServerStream(req *kinds.Msg, stream kinds.Kinds_ServerStreamServer) error {
	for i := range req.Count {
		if err := stream.Send(&kinds.Msg{Text: req.Text, Count: i, Data: req.Data}); err != nil {
			return err
		}
	}
	return act(stream.Context(), req.Text)
}

func (*kindsServer) Bidi(stream kinds.Kinds_BidiServer) error {
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := act(stream.Context(), req.Text); err != nil {
			return err
		}
		if err := stream.Send(req); err != nil {
			return err
		}
	}
}

// act does what a text asks for:
//
//	fail:CODE:TEXT  the status
//	plain:TEXT      an error that is no status
//	sleep:MS        waits; prints "CANCELLED" if the caller does not
func act(ctx context.Context, text string) error {
	verb, rest, _ := strings.Cut(text, ":")
	switch verb {
	case "fail":
		number, text, _ := strings.Cut(rest, ":")
		code, err := strconv.Atoi(number)
		if err != nil {
			return err
		}
		return status.Err(codes.Code(code), text)
	case "plain":
		return errors.New(rest)
	case "sleep":
		ms, err := strconv.Atoi(rest)
		if err != nil {
			return err
		}
		select {
		case <-time.After(time.Duration(ms) * time.Millisecond):
		case <-ctx.Done():
			fmt.Println("CANCELLED", ctx.Err())
			return ctx.Err()
		}
	}
	return nil
}
