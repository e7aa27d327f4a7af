package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"dinokit.test/bench/echopb"
	"google.golang.org/grpc"
)

// check fails unless every kind of call gets the right reply.
func check() error {
	conn, err := dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client := echopb.NewEchoServiceClient(conn)
	for _, text := range []string{"", "hello, 世界", strings.Repeat("x", 64<<10)} {
		resp, err := client.Echo(ctx, &echopb.Req{Mes: text})
		if err != nil || resp.Resp != text {
			return fmt.Errorf("Echo of %d bytes answered %d bytes, %w", len(text), len(resp.GetResp()), err)
		}
	}
	if err := order(ctx, client, 100, 64<<10); err != nil {
		return err
	}
	next, end, err := chatting(ctx, client)
	if err != nil {
		return err
	}
	return errors.Join(next("one"), next("two"), end())
}

// order fails unless it gets as many messages as it asks for, each of the right size.
func order(ctx context.Context, client echopb.EchoServiceClient, count, size int) error {
	stream, err := client.Download(ctx, &echopb.Order{Count: int32(count), Size: int32(size)})
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) && i == count {
			return nil
		}
		if err != nil || len(chunk.Data) != size {
			return fmt.Errorf("Download: message %d of %d has %d of %d bytes, %w", i+1, count, len(chunk.GetData()), size, err)
		}
	}
}

// chatting opens a Chat: next sends a text and waits for it to come back.
func chatting(ctx context.Context, client echopb.EchoServiceClient) (next func(string) error, end func() error, err error) {
	stream, err := client.Chat(ctx)
	if err != nil {
		return nil, nil, err
	}
	next = func(text string) error {
		if err := stream.Send(&echopb.Req{Mes: text}); err != nil && !errors.Is(err, io.EOF) {
			return err // of an EOF, Recv knows the cause
		}
		resp, err := stream.Recv()
		if err != nil || resp.Resp != text {
			return fmt.Errorf("Chat of %q answered %q, %w", text, resp.GetResp(), err)
		}
		return nil
	}
	end = func() error {
		if err := stream.CloseSend(); err != nil {
			return err
		}
		if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
			return fmt.Errorf("Chat ended with %w", err)
		}
		return nil
	}
	return next, end, nil
}

func unary(conn *grpc.ClientConn, deadline time.Time) (done int, latencies []time.Duration, err error) {
	client, req := echopb.NewEchoServiceClient(conn), &echopb.Req{Mes: strings.Repeat("x", *size)}
	for start := time.Now(); start.Before(deadline); done++ {
		if _, err = client.Echo(context.Background(), req); err != nil {
			return
		}
		now := time.Now()
		latencies = append(latencies, now.Sub(start))
		start = now
	}
	return
}

func download(conn *grpc.ClientConn, deadline time.Time) (done int, latencies []time.Duration, err error) {
	client := echopb.NewEchoServiceClient(conn)
	for ; time.Now().Before(deadline); done += *count {
		if err = order(context.Background(), client, *count, *size); err != nil {
			return
		}
	}
	return
}

func chat(conn *grpc.ClientConn, deadline time.Time) (done int, latencies []time.Duration, err error) {
	text := strings.Repeat("x", *size)
	next, end, err := chatting(context.Background(), echopb.NewEchoServiceClient(conn))
	if err != nil {
		return
	}
	for start := time.Now(); start.Before(deadline); done++ {
		if err = next(text); err != nil {
			return
		}
		now := time.Now()
		latencies = append(latencies, now.Sub(start))
		start = now
	}
	return done, latencies, end()
}
