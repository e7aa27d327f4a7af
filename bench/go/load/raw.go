package main

import (
	"io"
	"net"
	"time"
)

// The server of bare TCP does what the first byte says.
const (
	rawEchoes = 'e'
	rawFloods = 'f'
)

func dialRaw(what byte) (net.Conn, error) {
	conn, err := net.DialTimeout("tcp", *address, 10*time.Second)
	if err != nil {
		return nil, err
	}
	_, err = conn.Write([]byte{what})
	return conn, err
}

// measureRaw runs one worker for each connection.
func measureRaw(work worker[net.Conn], what byte) error {
	connections := make([]net.Conn, *conns)
	for i := range connections {
		conn, err := dialRaw(what)
		if err != nil {
			return err
		}
		defer conn.Close()
		connections[i] = conn
	}
	return spread(connections, 1, work)
}

// rawEcho keeps as many blocks under way as a gRPC connection would keep calls.
func rawEcho(conn net.Conn, deadline time.Time) (done int, latencies []time.Duration, err error) {
	blocks := make([]byte, *size**streams)
	under := 0 // bytes of a block that has come back in part
	if _, err = conn.Write(blocks); err != nil {
		return
	}
	for start := time.Now(); start.Before(deadline); {
		var n int
		if n, err = conn.Read(blocks); err != nil {
			return
		}
		whole := (under + n) / *size
		under = (under + n) % *size
		if _, err = conn.Write(blocks[:whole**size]); err != nil {
			return
		}
		done += whole
		now := time.Now()
		if *streams == 1 && whole == 1 {
			latencies = append(latencies, now.Sub(start))
		}
		start = now
	}
	return
}

// rawFlood reads what the server sends without being asked.
func rawFlood(conn net.Conn, deadline time.Time) (done int, latencies []time.Duration, err error) {
	buffer := make([]byte, *size)
	for ; time.Now().Before(deadline); done++ {
		if _, err = io.ReadFull(conn, buffer); err != nil {
			return
		}
	}
	return
}

func rawHold() error {
	for range *conns {
		conn, err := dialRaw(rawEchoes)
		if err != nil {
			return err
		}
		defer conn.Close()
		hello := []byte("hello, world")
		if _, err := conn.Write(hello); err != nil {
			return err
		}
		if _, err := io.ReadFull(conn, hello); err != nil {
			return err
		}
	}
	return untilStdinEnds(*conns)
}
