// A Kitex client of streams, for the interop tests: prints one JSON line of what it got.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"dinokit.test/bench/kitex_gen/echo"
	"dinokit.test/bench/kitex_gen/echo/echoservice"
	"dinokit.test/bench/program"
	"github.com/cloudwego/kitex/client"
)

type result struct {
	Chunks int      `json:"chunks"`
	Bytes  int      `json:"bytes"`
	Chat   []string `json:"chat"`
}

func main() {
	address := flag.String("addr", "", "the server")
	flag.Parse()
	got, err := run(*address)
	if err != nil {
		program.Fail(err)
	}
	line, _ := json.Marshal(got)
	fmt.Println(string(line))
}

func run(address string) (got result, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	calls, err := echoservice.NewClient("echoservice", client.WithHostPorts(address))
	if err != nil {
		return got, err
	}
	download, err := calls.Download(ctx, &echo.Order{Count: 1000, Size: 100})
	if err != nil {
		return got, err
	}
	for {
		chunk, err := download.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return got, err
		}
		got.Chunks++
		got.Bytes += len(chunk.Data)
	}
	chat, err := calls.Chat(ctx)
	if err != nil {
		return got, err
	}
	for _, text := range []string{"a", "b", "c"} {
		if err := chat.Send(&echo.Req{Mes: text}); err != nil {
			return got, err
		}
		reply, err := chat.Recv()
		if err != nil {
			return got, err
		}
		got.Chat = append(got.Chat, reply.Resp)
	}
	if err := chat.Close(); err != nil {
		return got, err
	}
	if _, err := chat.Recv(); !errors.Is(err, io.EOF) {
		return got, fmt.Errorf("the end of the chat: %w", err)
	}
	return got, nil
}
