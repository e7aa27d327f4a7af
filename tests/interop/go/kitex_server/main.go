// The tutorial's echo service on Kitex. What a request says beyond plain text is in handler.go.
package main

import (
	"flag"
	"net"
	"time"

	"dinokit.test/peers/kitex_gen/echo/echoservice"
	"dinokit.test/peers/peer"
	"github.com/cloudwego/kitex/pkg/registry"
	"github.com/cloudwego/kitex/pkg/remote/codec/protobuf/encoding"
	"github.com/cloudwego/kitex/pkg/rpcinfo"
	"github.com/cloudwego/kitex/pkg/transmeta"
	"github.com/cloudwego/kitex/server"
	consul "github.com/kitex-contrib/registry-consul"
)

func main() {
	address := flag.String("addr", "127.0.0.1:0", "where it listens")
	name := flag.String("name", "echoservice", "the service's name")
	agent := flag.String("consul", "", "the Consul agent to register with")
	weight := flag.Int("weight", 10, "its share of the calls, in Consul")
	gzip := flag.Bool("gzip", false, "speak gzip")
	handler := flag.Bool("meta-handler", true, "set transmeta's handler")
	flag.Parse()
	if *gzip {
		encoding.RegisterCompressor(peer.Gzip{})
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		peer.Fail(err)
	}
	options := []server.Option{
		server.WithListener(listener),
		server.WithServerBasicInfo(&rpcinfo.EndpointBasicInfo{ServiceName: *name}),
		server.WithExitWaitTime(time.Second),
	}
	if *handler {
		options = append(options, server.WithMetaHandler(transmeta.ServerHTTP2Handler))
	}
	if *agent == "" {
		server.RegisterStartHook(func() { peer.Ready(listener.Addr().String()) })
	} else {
		r, err := consul.NewConsulRegister(*agent)
		if err != nil {
			peer.Fail(err)
		}
		options = append(options, server.WithRegistry(announced{r}), server.WithRegistryInfo(&registry.Info{Weight: *weight}))
	}
	if err := echoservice.NewServer(&service{listener.Addr().String()}, options...).Run(); err != nil {
		peer.Fail(err)
	}
}

// announced says that the server is ready once it is registered, which Kitex does a second after it listens.
type announced struct{ registry.Registry }

func (a announced) Register(info *registry.Info) error {
	if err := a.Registry.Register(info); err != nil {
		return err
	}
	peer.Ready(info.Addr.String())
	return nil
}
