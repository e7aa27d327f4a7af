// A client on Kitex that calls dinokit.test.Kinds with the options that the migration page speaks of: prints one JSON line.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"dinokit.test/peers/kitex_gen/kinds"
	service "dinokit.test/peers/kitex_gen/kinds/kinds"
	"dinokit.test/peers/peer"
	"github.com/cloudwego/kitex/client"
	"github.com/cloudwego/kitex/pkg/circuitbreak"
	"github.com/cloudwego/kitex/pkg/remote/trans/nphttp2/metadata"
	"github.com/cloudwego/kitex/pkg/retry"
	"github.com/cloudwego/kitex/pkg/rpcinfo"
)

var (
	address = flag.String("addr", "", "the server")
	way     = flag.String("way", "plain", "plain, timeout, failure, all or backup")
	kind    = flag.String("kind", "unary", "unary, bidi, upload (a client stream), or defaults (no call: what Kitex does without options)")
	text    = flag.String("text", "hello", "what it says")
	size    = flag.Int("size", 0, "bytes of data in the message")
	header  = flag.Int("header", 0, "bytes of a metadata value")
	count   = flag.Int("count", 1, "calls at once; of a stream, messages")
	ordered = flag.Bool("one-by-one", false, "one call after the other")
)

const rpcTimeout = 200 * time.Millisecond

var ways = map[string][]client.Option{
	"plain":   {},
	"timeout": {client.WithRPCTimeout(rpcTimeout)},
	"failure": {client.WithRPCTimeout(rpcTimeout), client.WithFailureRetry(retry.NewFailurePolicy())},
	"all":     {client.WithFailureRetry(retry.NewFailurePolicyWithResultRetry(retry.AllErrorRetry()))},
	"backup":  {client.WithBackupRequest(retry.NewBackupPolicy(50))},
}

// Outcome is what the calls came to.
type Outcome struct {
	Replies []string `json:"replies"`
	Errors  []string `json:"errors"`
	// How long all of them took.
	Milliseconds int64 `json:"milliseconds"`
}

func main() {
	flag.Parse()
	if *kind == "defaults" {
		peer.Print(defaults())
		return
	}
	options, ok := ways[*way]
	if !ok {
		peer.Fail(fmt.Errorf("-way %s is unknown", *way))
	}
	calls, err := service.NewClient("kinds", append(options, client.WithHostPorts(*address))...)
	if err != nil {
		peer.Fail(err)
	}
	ctx := context.Background()
	if *header > 0 {
		ctx = metadata.AppendToOutgoingContext(ctx, "x-large", strings.Repeat("x", *header))
	}
	outcome := Outcome{Replies: []string{}, Errors: []string{}}
	start := time.Now()
	switch *kind {
	case "bidi":
		err = outcome.chat(ctx, calls)
	case "upload":
		err = outcome.upload(ctx, calls)
	default:
		outcome.call(ctx, calls)
	}
	if err != nil {
		outcome.Errors = append(outcome.Errors, err.Error())
	}
	outcome.Milliseconds = time.Since(start).Milliseconds()
	peer.Print(outcome)
}

// Defaults is what Kitex does without options.
type Defaults struct {
	ConnectTimeout   int64   `json:"connectTimeout"`
	RPCTimeout       int64   `json:"rpcTimeout"`
	MaxRetryTimes    int     `json:"maxRetryTimes"`
	RetryErrorRate   float64 `json:"retryErrorRate"`
	BreakerErrorRate float64 `json:"breakerErrorRate"`
	BreakerSamples   int64   `json:"breakerSamples"`
}

func defaults() Defaults {
	config, policy, breaker := rpcinfo.NewRPCConfig(), retry.NewFailurePolicy(), circuitbreak.GetDefaultCBConfig()
	return Defaults{
		ConnectTimeout:   config.ConnectTimeout().Milliseconds(),
		RPCTimeout:       config.RPCTimeout().Milliseconds(),
		MaxRetryTimes:    policy.StopPolicy.MaxRetryTimes,
		RetryErrorRate:   policy.StopPolicy.CBPolicy.ErrorRate,
		BreakerErrorRate: breaker.ErrRate,
		BreakerSamples:   breaker.MinSample,
	}
}

func message() *kinds.Msg { return &kinds.Msg{Text: *text, Data: make([]byte, *size)} }

func (o *Outcome) call(ctx context.Context, calls service.Client) {
	var all sync.WaitGroup
	var lock sync.Mutex
	for range *count {
		all.Go(func() {
			reply, err := calls.Unary(ctx, message())
			lock.Lock()
			defer lock.Unlock()
			if err != nil {
				o.Errors = append(o.Errors, err.Error())
			} else {
				o.Replies = append(o.Replies, reply.Text)
			}
		})
		if *ordered {
			all.Wait()
		}
	}
	all.Wait()
}

// chat sends all messages, says that there are no more, and receives until the end.
func (o *Outcome) chat(ctx context.Context, calls service.Client) error {
	stream, err := calls.Bidi(ctx)
	if err != nil {
		return err
	}
	for range *count {
		if err := stream.Send(message()); err != nil {
			return err
		}
	}
	if err := stream.Close(); err != nil {
		return err
	}
	for {
		reply, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		o.Replies = append(o.Replies, reply.Text)
	}
}

// upload sends all messages and takes the one reply.
func (o *Outcome) upload(ctx context.Context, calls service.Client) error {
	stream, err := calls.ClientStream(ctx)
	if err != nil {
		return err
	}
	for range *count {
		if err := stream.Send(message()); err != nil {
			return err
		}
	}
	reply, err := stream.CloseAndRecv()
	if err == nil {
		o.Replies = append(o.Replies, reply.Text)
	}
	return err
}
