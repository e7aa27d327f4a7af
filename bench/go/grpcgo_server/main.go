// The bench's server on grpc-go.
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net"

	"dinokit.test/bench/echopb"
	"dinokit.test/bench/program"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

func main() {
	cert := flag.String("cert", "", "the file of the certificate; plaintext without")
	key := flag.String("key", "", "the file of its key")
	flag.Parse()
	var options []grpc.ServerOption
	if *cert != "" {
		tls, err := credentials.NewServerTLSFromFile(*cert, *key)
		if err != nil {
			program.Fail(err)
		}
		options = append(options, grpc.Creds(tls))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		program.Fail(err)
	}
	server := grpc.NewServer(options...)
	echopb.RegisterEchoServiceServer(server, service{})
	program.Ready(listener.Addr().String())
	if err := server.Serve(listener); err != nil {
		program.Fail(err)
	}
}

type service struct {
	echopb.UnimplementedEchoServiceServer
}

func (service) Echo(_ context.Context, req *echopb.Req) (*echopb.Resp, error) {
	return &echopb.Resp{Resp: req.Mes}, nil
}

func (service) Download(order *echopb.Order, stream grpc.ServerStreamingServer[echopb.Chunk]) error {
	chunk := &echopb.Chunk{Data: make([]byte, order.Size)}
	for range order.Count {
		if err := stream.Send(chunk); err != nil {
			return err
		}
	}
	return nil
}

func (service) Chat(stream grpc.BidiStreamingServer[echopb.Req, echopb.Resp]) error {
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&echopb.Resp{Resp: req.Mes}); err != nil {
			return err
		}
	}
}
