package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dinokit.test/peers/kitex_gen/echo"
	"dinokit.test/peers/kitex_gen/echo/echoservice"
	"dinokit.test/peers/peer"
	"github.com/bytedance/gopkg/cloud/metainfo"
	"github.com/cloudwego/kitex/client"
	"github.com/cloudwego/kitex/pkg/kerrors"
	"github.com/cloudwego/kitex/pkg/remote/trans/nphttp2"
	"github.com/cloudwego/kitex/pkg/remote/trans/nphttp2/codes"
	"github.com/cloudwego/kitex/pkg/remote/trans/nphttp2/metadata"
	"github.com/cloudwego/kitex/pkg/remote/trans/nphttp2/status"
	"github.com/cloudwego/kitex/pkg/rpcinfo"
	"github.com/cloudwego/kitex/pkg/transmeta"
	"github.com/cloudwego/kitex/transport"
)

// service knows where it listens.
type service struct{ address string }

// Echo answers what it is told, except where the text asks for more:
//
//	who                   the address that it listens on
//	fail                  a plain error
//	status:CODE:TEXT      an error with a gRPC status
//	biz:CODE:TEXT         a BizStatusError with extra
//	meta                  the metainfo, the metadata and the caller it got, as JSON
//	end:JSON              ends as peer.Ending says
//	header                sends a header and a trailer
//	deadline              how many milliseconds are left, or "none"
//	sleep:MS              waits; prints "CANCELLED" if the caller does not
//	forward:ADDRESS TEXT  calls the echo service there with TEXT
func (s *service) Echo(ctx context.Context, req *echo.Req) (*echo.Resp, error) {
	if name, ok := metainfo.GetPersistentValue(ctx, "CLIENT_NAME"); ok {
		fmt.Println("client_name = ", name)
	}
	verb, rest, _ := strings.Cut(req.Mes, ":")
	switch verb {
	case "who":
		return reply(s.address)
	case "fail":
		return nil, errors.New("plain failure")
	case "status":
		code, text := codeAndText(rest)
		return nil, status.Err(codes.Code(code), text)
	case "biz":
		code, text := codeAndText(rest)
		return nil, kerrors.NewBizStatusErrorWithExtra(code, text, map[string]string{"from": "kitex"})
	case "meta":
		text, err := seen(ctx)
		return reply(text, err)
	case "header":
		return reply("header", sendFields(ctx))
	case "end":
		return end(ctx, rest)
	case "deadline":
		return reply(remaining(ctx))
	case "sleep":
		return reply(req.Mes, sleep(ctx, rest))
	case "forward":
		return forward(ctx, rest)
	}
	return reply(req.Mes)
}

func reply(text string, failures ...error) (*echo.Resp, error) {
	return &echo.Resp{Resp: text}, errors.Join(failures...)
}

func codeAndText(text string) (int32, string) {
	number, text, _ := strings.Cut(text, ":")
	code, err := strconv.ParseInt(number, 10, 32)
	if err != nil {
		return int32(codes.InvalidArgument), err.Error()
	}
	return int32(code), text
}

func seen(ctx context.Context) (string, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	from := rpcinfo.GetRPCInfo(ctx).From()
	text, err := json.Marshal(map[string]any{
		"persistent": metainfo.GetAllPersistentValues(ctx),
		"transient":  metainfo.GetAllValues(ctx),
		"metadata":   peer.Printable(md),
		"from":       []string{from.ServiceName(), from.Method()},
	})
	return string(text), err
}

func sendFields(ctx context.Context) error {
	return errors.Join(
		nphttp2.SetHeader(ctx, metadata.Pairs("x-kitex-header", "from the header", "x-kitex-bin", "\x00\xff")),
		nphttp2.SetTrailer(ctx, metadata.Pairs("x-kitex-trailer", "from the trailer")),
	)
}

func end(ctx context.Context, text string) (*echo.Resp, error) {
	var ending peer.Ending
	if err := json.Unmarshal([]byte(text), &ending); err != nil {
		return nil, err
	}
	if err := errors.Join(nphttp2.SetHeader(ctx, ending.Header), nphttp2.SetTrailer(ctx, ending.Trailer)); err != nil {
		return nil, err
	}
	if ending.Plain {
		return nil, errors.New(ending.Text)
	}
	if ending.Code != 0 {
		return nil, status.Err(codes.Code(ending.Code), ending.Text)
	}
	return reply(ending.Text)
}

func remaining(ctx context.Context) string {
	deadline, ok := ctx.Deadline()
	if !ok {
		return "none"
	}
	return strconv.FormatInt(time.Until(deadline).Milliseconds(), 10)
}

func sleep(ctx context.Context, ms string) error {
	duration, err := strconv.Atoi(ms)
	if err != nil {
		return err
	}
	select {
	case <-time.After(time.Duration(duration) * time.Millisecond):
		return nil
	case <-ctx.Done():
		fmt.Println("CANCELLED", ctx.Err())
		return ctx.Err()
	}
}

func forward(ctx context.Context, rest string) (*echo.Resp, error) {
	address, text, _ := strings.Cut(rest, " ")
	next, err := echoservice.NewClient("echoservice",
		client.WithHostPorts(address),
		client.WithTransportProtocol(transport.GRPC),
		client.WithMetaHandler(transmeta.ClientHTTP2Handler),
	)
	if err != nil {
		return nil, err
	}
	return next.Echo(ctx, &echo.Req{Mes: text})
}
