// Package program holds what the bench's programs in Go share.
package program

import (
	"encoding/json"
	"fmt"
	"os"
)

// Ready tells the bench where the server listens.
func Ready(address string) { fmt.Println("READY " + address) }

// Print writes one JSON line.
func Print(value any) {
	line, err := json.Marshal(value)
	if err != nil {
		Fail(err)
	}
	fmt.Println(string(line))
}

// Fail ends the program with what went wrong.
func Fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
