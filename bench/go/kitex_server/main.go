// The bench's server on Kitex. It has no TLS: Kitex's gRPC server has none.
package main

import (
	"context"
	"errors"
	"io"
	"net"

	"dinokit.test/bench/kitex_gen/echo"
	"dinokit.test/bench/kitex_gen/echo/echoservice"
	"dinokit.test/bench/program"
	"github.com/cloudwego/kitex/pkg/klog"
	"github.com/cloudwego/kitex/server"
)

func main() {
	klog.SetLevel(klog.LevelFatal) // it logs each connection that a load generator closes
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		program.Fail(err)
	}
	server.RegisterStartHook(func() { program.Ready(listener.Addr().String()) })
	if err := echoservice.NewServer(new(service), server.WithListener(listener)).Run(); err != nil {
		program.Fail(err)
	}
}

type service struct{}

func (*service) Echo(_ context.Context, req *echo.Req) (*echo.Resp, error) {
	return &echo.Resp{Resp: req.Mes}, nil
}

func (*service) Download(order *echo.Order, stream echo.EchoService_DownloadServer) error {
	chunk := &echo.Chunk{Data: make([]byte, order.Size)}
	for range order.Count {
		if err := stream.Send(chunk); err != nil {
			return err
		}
	}
	return nil
}

func (*service) Chat(stream echo.EchoService_ChatServer) error {
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&echo.Resp{Resp: req.Mes}); err != nil {
			return err
		}
	}
}
