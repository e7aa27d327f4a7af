// The load generator for all that h2load can't do, on grpc-go: `load -addr HOST:PORT MODE`. It prints one JSON line.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"dinokit.test/bench/program"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

var (
	address = flag.String("addr", "", "the server")
	secure  = flag.Bool("tls", false, "use TLS; any certificate will do")
	conns   = flag.Int("conns", 1, "connections")
	streams = flag.Int("streams", 1, "calls at the same time on each connection")
	size    = flag.Int("size", 12, "bytes of each message")
	count   = flag.Int("count", 1000, "download: messages in a call")
	seconds = flag.Float64("seconds", 1, "how long")
)

const modes = `check     one call of each kind, whose replies must be right
unary     Echo, over and over
download  Download, over and over: counts messages
chat      one long Chat for each stream, a message when the one before has come back
hold      connections with open Chats, or with none (-streams 0), until stdin ends
raw-echo, raw-flood, raw-hold: the same bytes over bare TCP, without gRPC`

func main() {
	flag.Parse()
	run, ok := map[string]func() error{
		"check":     check,
		"unary":     func() error { return measure(unary) },
		"download":  func() error { return measure(download) },
		"chat":      func() error { return measure(chat) },
		"hold":      hold,
		"raw-echo":  func() error { return measureRaw(rawEcho, rawEchoes) },
		"raw-flood": func() error { return measureRaw(rawFlood, rawFloods) },
		"raw-hold":  rawHold,
	}[flag.Arg(0)]
	if !ok {
		program.Fail(fmt.Errorf("load: the mode is %q; use one of\n%s", flag.Arg(0), modes))
	}
	if err := run(); err != nil {
		program.Fail(fmt.Errorf("load %s: %w", flag.Arg(0), err))
	}
}

// dial makes a connection. It waits for one as long as the first call does.
func dial() (*grpc.ClientConn, error) {
	creds := insecure.NewCredentials()
	if *secure {
		creds = credentials.NewTLS(&tls.Config{InsecureSkipVerify: true})
	}
	return grpc.NewClient("passthrough:///"+*address, grpc.WithTransportCredentials(creds))
}

func duration() time.Duration { return time.Duration(*seconds * float64(time.Second)) }

// untilStdinEnds says that all is held, and returns when the bench has looked at it.
func untilStdinEnds(held int) error {
	program.Print(map[string]int{"held": held})
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}
