// The two ends of connections on x/net's HPACK: reads a JSON list of connections from standard input, each a list of steps, and
// prints what each step gives, in the same shape. A connection ends with the first block that can't be decoded.
package main

import (
	"bytes"
	"encoding/json"
	"log"
	"os"

	"golang.org/x/net/http2/hpack"
)

// A step changes the table size if there is one, and then decodes a block, or encodes fields: name, value, name, value.
type step struct {
	TableBytes *uint32  `json:"tableBytes"`
	Block      []byte   `json:"block"`
	Fields     [][]byte `json:"fields"`
	Error      string   `json:"error,omitempty"`
}

func main() {
	log.SetFlags(0)
	var connections [][]step
	if err := json.NewDecoder(os.Stdin).Decode(&connections); err != nil {
		log.Fatalf("standard input: %v", err)
	}
	results := make([][]step, 0, len(connections))
	for i, steps := range connections {
		results = append(results, run(i, steps))
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		log.Fatal(err)
	}
}

func run(connection int, steps []step) []step {
	decoder := hpack.NewDecoder(4096, nil)
	var buf bytes.Buffer
	encoder := hpack.NewEncoder(&buf)
	results := make([]step, 0, len(steps))
	for i, s := range steps {
		if s.TableBytes != nil {
			decoder.SetAllowedMaxDynamicTableSize(*s.TableBytes)
			encoder.SetMaxDynamicTableSizeLimit(*s.TableBytes)
			encoder.SetMaxDynamicTableSize(*s.TableBytes)
		}
		var result step
		if s.Block != nil {
			fields, err := decoder.DecodeFull(s.Block)
			if err != nil {
				return append(results, step{Error: err.Error()})
			}
			for _, field := range fields {
				result.Fields = append(result.Fields, []byte(field.Name), []byte(field.Value))
			}
		} else {
			buf.Reset()
			for at := 0; at+1 < len(s.Fields); at += 2 {
				field := hpack.HeaderField{Name: string(s.Fields[at]), Value: string(s.Fields[at+1])}
				if err := encoder.WriteField(field); err != nil {
					log.Fatalf("connection %d, step %d: %v", connection, i, err)
				}
			}
			result.Block = bytes.Clone(buf.Bytes())
		}
		results = append(results, result)
	}
	return results
}
