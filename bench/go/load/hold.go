package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"dinokit.test/bench/echopb"
)

// hold opens connections, each with calls that go on: their first message has come back, so the server has them in its hands.
func hold() error {
	var (
		group  sync.WaitGroup
		lock   sync.Mutex
		failed error
	)
	for range *conns {
		conn, err := dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		client := echopb.NewEchoServiceClient(conn)
		fail := func(err error) {
			lock.Lock()
			defer lock.Unlock()
			failed = errors.Join(failed, err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if _, err := client.Echo(ctx, &echopb.Req{Mes: "hello"}); err != nil {
			return err
		}
		for range *streams {
			group.Go(func() {
				// No time limit of its own: the end of this process ends it.
				next, _, err := chatting(context.Background(), client)
				if err == nil {
					err = next("hello, world")
				}
				if err != nil {
					fail(err)
				}
			})
		}
	}
	group.Wait()
	if failed != nil {
		return failed
	}
	return untilStdinEnds(*conns * max(*streams, 1))
}
