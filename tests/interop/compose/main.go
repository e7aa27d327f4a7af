// Command compose reads a Compose file from stdin, with the loader that Docker Compose is built on, and prints the project as
// JSON: anchors merged, short forms spelt out. It fails on what the specification does not allow; warnings go to stderr.
//
//	compose FOLDER < compose.yaml
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: compose FOLDER < compose.yaml")
		os.Exit(2)
	}
	if err := load(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func load(folder string) error {
	// No variables of this machine: they would make the result differ from machine to machine.
	options, err := cli.NewProjectOptions([]string{"-"}, cli.WithWorkingDirectory(folder), cli.WithDefaultProfiles("*"))
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	json, err := project.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(json)
	return err
}
