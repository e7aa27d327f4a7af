// The tutorial's client on Kitex: prints one JSON line for each call.
package main

import (
	"context"
	"flag"
	"time"

	"dinokit.test/peers/kitex_gen/echo"
	"dinokit.test/peers/kitex_gen/echo/echoservice"
	"dinokit.test/peers/peer"
	"github.com/bytedance/gopkg/cloud/metainfo"
	"github.com/cloudwego/kitex/client"
	"github.com/cloudwego/kitex/client/callopt"
	"github.com/cloudwego/kitex/pkg/kerrors"
	"github.com/cloudwego/kitex/pkg/remote/codec/protobuf/encoding"
	"github.com/cloudwego/kitex/pkg/remote/trans/nphttp2"
	"github.com/cloudwego/kitex/pkg/remote/trans/nphttp2/metadata"
	"github.com/cloudwego/kitex/pkg/remote/trans/nphttp2/status"
	"github.com/cloudwego/kitex/pkg/transmeta"
	"github.com/cloudwego/kitex/transport"
	consul "github.com/kitex-contrib/registry-consul"
)

var (
	address    = flag.String("addr", "127.0.0.1:8888", "the server, where no Consul is given")
	agent      = flag.String("consul", "", "the Consul agent that knows the service")
	name       = flag.String("name", "echoservice", "the service's name")
	message    = flag.String("message", "hello, world", "what it says")
	timeout    = flag.Int("timeout", 0, "the time limit of a call in milliseconds, 0 for none")
	count      = flag.Int("count", 1, "the number of calls")
	gzip       = flag.Bool("gzip", false, "send and accept gzip")
	handler    = flag.Bool("meta-handler", true, "set transmeta's handler")
	persistent peer.Fields
	transient  peer.Fields
	fields     peer.Fields
)

func main() {
	flag.Var(&persistent, "persistent", "metainfo for all hops, `key=value`")
	flag.Var(&transient, "transient", "metainfo for the next hop, `key=value`")
	flag.Var(&fields, "metadata", "plain metadata, `key=value`")
	flag.Parse()
	echoClient, err := newClient()
	if err != nil {
		peer.Fail(err)
	}
	for range *count {
		peer.Print(call(echoClient))
	}
}

func newClient() (echoservice.Client, error) {
	options := []client.Option{
		client.WithTransportProtocol(transport.GRPC),
	}
	if *handler {
		options = append(options, client.WithMetaHandler(transmeta.ClientHTTP2Handler))
	}
	if *timeout > 0 {
		options = append(options, client.WithRPCTimeout(time.Duration(*timeout)*time.Millisecond))
	}
	if *agent == "" {
		return echoservice.NewClient(*name, append(options, client.WithHostPorts(*address))...)
	}
	resolver, err := consul.NewConsulResolver(*agent)
	if err != nil {
		return nil, err
	}
	return echoservice.NewClient(*name, append(options, client.WithResolver(resolver))...)
}

// Outcome is what a call came to: a reply, a business error or another error.
type Outcome struct {
	Resp    string              `json:"resp"`
	Header  map[string][]string `json:"header"`
	Trailer map[string][]string `json:"trailer"`
	Biz     *Biz                `json:"biz"`
	Error   *Failure            `json:"error"`
}

// Biz is Kitex's BizStatusError.
type Biz struct {
	Code    int32             `json:"code"`
	Message string            `json:"message"`
	Extra   map[string]string `json:"extra"`
}

// Failure is an error other than that, with its gRPC status.
type Failure struct {
	Code    uint32 `json:"code"`
	Message string `json:"message"`
}

func call(echoClient echoservice.Client) Outcome {
	ctx := context.Background()
	for _, field := range persistent {
		ctx = metainfo.WithPersistentValue(ctx, field[0], field[1])
	}
	for _, field := range transient {
		ctx = metainfo.WithValue(ctx, field[0], field[1])
	}
	for _, field := range fields {
		ctx = metadata.AppendToOutgoingContext(ctx, field[0], field[1])
	}
	var header, trailer metadata.MD
	ctx = nphttp2.GRPCTrailer(nphttp2.GRPCHeader(ctx, &header), &trailer)
	var options []callopt.Option
	if *gzip {
		encoding.RegisterCompressor(peer.Gzip{})
		options = append(options, callopt.WithGRPCCompressor("gzip"))
	}
	resp, err := echoClient.Echo(ctx, &echo.Req{Mes: *message}, options...)
	outcome := Outcome{Resp: resp.GetResp(), Header: peer.Printable(header), Trailer: peer.Printable(trailer)}
	if biz, ok := kerrors.FromBizStatusError(err); ok {
		outcome.Biz = &Biz{biz.BizStatusCode(), biz.BizMessage(), biz.BizExtra()}
	} else if err != nil {
		s, _ := status.FromError(err)
		outcome.Error = &Failure{uint32(s.Code()), err.Error()}
	}
	return outcome
}
