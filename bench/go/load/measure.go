package main

import (
	"errors"
	"slices"
	"sync"
	"syscall"
	"time"

	"dinokit.test/bench/program"
	"google.golang.org/grpc"
)

// A worker works until the deadline. It says how many it has done, and how long each took where that is a latency.
type worker[Conn any] func(conn Conn, deadline time.Time) (done int, latencies []time.Duration, err error)

// measure runs a worker for each stream of each connection.
func measure(work worker[*grpc.ClientConn]) error {
	connections := make([]*grpc.ClientConn, *conns)
	for i := range connections {
		conn, err := dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		connections[i] = conn
	}
	return spread(connections, *streams, work)
}

// spread prints the sum of what all workers did.
func spread[Conn any](connections []Conn, each int, work worker[Conn]) error {
	var (
		group     sync.WaitGroup
		lock      sync.Mutex
		done      int
		latencies []time.Duration
		failed    error
	)
	start := time.Now()
	deadline := start.Add(duration())
	for _, conn := range connections {
		for range each {
			group.Go(func() {
				n, times, err := work(conn, deadline)
				lock.Lock()
				defer lock.Unlock()
				done += n
				latencies = append(latencies, times...)
				failed = errors.Join(failed, err)
			})
		}
	}
	group.Wait()
	elapsed := time.Since(start)
	if failed != nil {
		return failed
	}
	slices.Sort(latencies)
	program.Print(map[string]any{
		"done":    done,
		"seconds": elapsed.Seconds(),
		"p50":     quantile(latencies, 0.5),
		"p99":     quantile(latencies, 0.99),
		"cpu":     cpu().Seconds(),
	})
	return nil
}

// quantile is in microseconds.
func quantile(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[int(q*float64(len(sorted)-1))].Nanoseconds()) / 1000
}

// cpu is what this process has used.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		program.Fail(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
