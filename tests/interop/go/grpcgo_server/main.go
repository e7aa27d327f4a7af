// The four kinds of call on grpc-go: dinokit.test.Kinds. What a text asks for is in act().
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"dinokit.test/peers/kindspb"
	"dinokit.test/peers/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"
)

func main() {
	address := flag.String("addr", "127.0.0.1:0", "where it listens")
	gzip := flag.Bool("gzip", false, "speak gzip")
	tells := flag.String("reflection", "all", "versions of reflection: all, v1, v1alpha or none")
	flag.Parse()
	if *gzip {
		encoding.RegisterCompressor(peer.Gzip{})
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		peer.Fail(err)
	}
	server := grpc.NewServer()
	kindspb.RegisterKindsServer(server, kinds{})
	healthpb.RegisterHealthServer(server, health.NewServer())
	switch *tells {
	case "v1":
		reflection.RegisterV1(server)
	case "all":
		reflection.Register(server)
	case "v1alpha":
		alpha := reflection.NewServer(reflection.ServerOptions{Services: server})
		reflectionpb.RegisterServerReflectionServer(server, alpha)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-stop
		time.AfterFunc(time.Second, server.Stop)
		server.GracefulStop()
	}()
	peer.Ready(listener.Addr().String())
	if err := server.Serve(listener); err != nil {
		peer.Fail(err)
	}
}

type kinds struct {
	kindspb.UnimplementedKindsServer
}

func (kinds) Unary(ctx context.Context, req *kindspb.Msg) (*kindspb.Msg, error) {
	if err := errors.Join(echoFields(ctx, func(md metadata.MD) error { return grpc.SetHeader(ctx, md) },
		func(md metadata.MD) { grpc.SetTrailer(ctx, md) })); err != nil {
		return nil, err
	}
	return act(ctx, req)
}

func (kinds) ClientStream(stream grpc.ClientStreamingServer[kindspb.Msg, kindspb.Msg]) error {
	if err := echoFields(stream.Context(), stream.SetHeader, stream.SetTrailer); err != nil {
		return err
	}
	var texts []string
	for {
		req, err := stream.Recv()
		if err == io.EOF {
			return stream.SendAndClose(&kindspb.Msg{Text: strings.Join(texts, ","), Count: int32(len(texts))})
		}
		if err != nil {
			return cancelled(err)
		}
		if _, err := act(stream.Context(), req); err != nil {
			return err
		}
		texts = append(texts, req.Text)
	}
}

// ServerStream sends its messages before it does what the text asks for: a failure then comes behind replies.
func (kinds) ServerStream(req *kindspb.Msg, stream grpc.ServerStreamingServer[kindspb.Msg]) error {
	if err := echoFields(stream.Context(), stream.SetHeader, stream.SetTrailer); err != nil {
		return err
	}
	for i := range req.Count {
		if err := stream.Send(&kindspb.Msg{Text: req.Text, Count: i, Data: req.Data}); err != nil {
			return cancelled(err)
		}
	}
	_, err := act(stream.Context(), req)
	return err
}

func (kinds) Bidi(stream grpc.BidiStreamingServer[kindspb.Msg, kindspb.Msg]) error {
	if err := echoFields(stream.Context(), stream.SetHeader, stream.SetTrailer); err != nil {
		return err
	}
	for {
		req, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return cancelled(err)
		}
		reply, err := act(stream.Context(), req)
		if err != nil {
			return err
		}
		if err := stream.Send(reply); err != nil {
			return cancelled(err)
		}
	}
}

// echoFields returns the metadata x-echo and x-echo-bin in the header and x-trail in the trailer.
func echoFields(ctx context.Context, setHeader func(metadata.MD) error, setTrailer func(metadata.MD)) error {
	md, _ := metadata.FromIncomingContext(ctx)
	header := metadata.MD{}
	header.Append("x-echo", md.Get("x-echo")...)
	header.Append("x-echo-bin", md.Get("x-echo-bin")...)
	setTrailer(metadata.MD{"x-trail": md.Get("x-trail")})
	return setHeader(header)
}

// act does what a text asks for, and answers the message itself where it asks for nothing:
//
//	fail:CODE:TEXT  the status, with a Msg of the same text as its detail
//	sleep:MS        waits; prints "CANCELLED" if the caller does not
//	hang            waits until the call ends
//	end:JSON        ends as peer.Ending says
//	deadline        answers with the milliseconds that are left as its count, -1 for no deadline
func act(ctx context.Context, req *kindspb.Msg) (*kindspb.Msg, error) {
	verb, rest, _ := strings.Cut(req.Text, ":")
	switch verb {
	case "fail":
		return nil, failure(rest)
	case "hang":
		return nil, sleep(ctx, time.Hour)
	case "sleep":
		ms, err := strconv.Atoi(rest)
		return req, errors.Join(err, sleep(ctx, time.Duration(ms)*time.Millisecond))
	case "end":
		return end(ctx, rest)
	case "attempt":
		return attempt(ctx, rest)
	case "deadline":
		left := int64(-1)
		if deadline, ok := ctx.Deadline(); ok {
			left = time.Until(deadline).Milliseconds()
		}
		return &kindspb.Msg{Text: req.Text, Count: int32(left)}, nil
	}
	return req, nil
}

// attempt fails until the call has had so many attempts before, and asks for the next one in a millisecond.
func attempt(ctx context.Context, wanted string) (*kindspb.Msg, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	previous := strings.Join(md.Get("grpc-previous-rpc-attempts"), ",")
	if previous == wanted {
		return &kindspb.Msg{Text: previous}, nil
	}
	if err := grpc.SetTrailer(ctx, metadata.Pairs("grpc-retry-pushback-ms", "1")); err != nil {
		return nil, err
	}
	return nil, status.Error(codes.Unavailable, "previous attempts: ["+previous+"]")
}

func end(ctx context.Context, text string) (*kindspb.Msg, error) {
	var ending peer.Ending
	if err := json.Unmarshal([]byte(text), &ending); err != nil {
		return nil, err
	}
	if err := errors.Join(grpc.SetHeader(ctx, ending.Header), grpc.SetTrailer(ctx, ending.Trailer)); err != nil {
		return nil, err
	}
	return &kindspb.Msg{Text: ending.Text}, status.Error(codes.Code(ending.Code), ending.Text)
}

func failure(text string) error {
	number, text, _ := strings.Cut(text, ":")
	code, err := strconv.Atoi(number)
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	s, err := status.New(codes.Code(code), text).WithDetails(&kindspb.Msg{Text: text})
	if err != nil {
		return err
	}
	return s.Err()
}

func sleep(ctx context.Context, duration time.Duration) error {
	select {
	case <-time.After(duration):
		return nil
	case <-ctx.Done():
		return cancelled(status.FromContextError(ctx.Err()).Err())
	}
}

// cancelled tells the test that the server saw the end of the call.
func cancelled(err error) error {
	fmt.Println("CANCELLED", status.Code(err))
	return err
}
