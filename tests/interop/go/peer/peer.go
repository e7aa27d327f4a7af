// Package peer holds what the four programs share: flags, lines for the test that reads them, and gzip on demand.
package peer

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// Fields is a flag that can be given more than once: `-metadata key=value`.
type Fields [][2]string

func (f *Fields) String() string { return fmt.Sprint(*f) }

// Set adds one `key=value`.
func (f *Fields) Set(text string) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok || key == "" {
		return fmt.Errorf("%q is not key=value", text)
	}
	*f = append(*f, [2]string{key, value})
	return nil
}

// Ready tells the test where the server listens.
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

// Ending is how a server ends a call, as a request asks for in JSON: `{"trailer":{"k":["v"]},"code":5,"text":"no"}`.
type Ending struct {
	Header  map[string][]string `json:"header"`
	Trailer map[string][]string `json:"trailer"`
	Code    uint32              `json:"code"`
	Text    string              `json:"text"`
	// Plain makes it an error without a status.
	Plain bool `json:"plain"`
}

// Printable is metadata for a JSON line: the values of `-bin` keys are base64.
func Printable(md map[string][]string) map[string][]string {
	printable := make(map[string][]string, len(md))
	for key, values := range md {
		for _, value := range values {
			if strings.HasSuffix(key, "-bin") {
				value = base64.StdEncoding.EncodeToString([]byte(value))
			}
			printable[key] = append(printable[key], value)
		}
	}
	return printable
}

// Gzip is a compressor for grpc-go and for Kitex. Their own gzip packages register themselves as soon as they are
// imported; the peers speak gzip only when they are told to.
type Gzip struct{}

func (Gzip) Name() string                                 { return "gzip" }
func (Gzip) Compress(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }
func (Gzip) Decompress(r io.Reader) (io.Reader, error)    { return gzip.NewReader(r) }
