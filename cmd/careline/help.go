package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"
)

// helpWithConfiguration prints kong's help; at the root it adds every flag of
// every command with its environment variable: the complete configuration.
func helpWithConfiguration(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	if selected := ctx.Selected(); selected != nil && selected.Type == kong.CommandNode {
		return nil
	}
	fmt.Fprintln(ctx.Stdout, "\nComplete configuration (flag, environment variable, default):")
	w := tabwriter.NewWriter(ctx.Stdout, 0, 4, 2, ' ', 0)
	printFlags(w, ctx.Model.Node)
	return w.Flush()
}

func printFlags(w io.Writer, node *kong.Node) {
	for _, flag := range node.Flags {
		if flag.Hidden || flag.Name == "help" {
			continue
		}
		fmt.Fprintf(w, "  %s\t--%s\t%s\t%s\t%s\n", strings.TrimPrefix(node.FullPath(), "careline "), flag.Name, strings.Join(flag.Envs, ","), flag.Default, flag.Help)
	}
	for _, child := range node.Children {
		printFlags(w, child)
	}
}
