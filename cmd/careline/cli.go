package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/alecthomas/kong"

	"careline/bot"
)

// stdio is what a command reads and writes; tests pass their own.
type stdio struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// cli is every command with its configuration. A flag, its environment variable
// and its line of help are one declaration.
type cli struct {
	global

	Serve           serveCmd       `cmd:"" help:"Serve patients and staff over HTTP."`
	Ask             askCmd         `cmd:"" help:"Ask one question about a patient's report and print the answer."`
	Chat            chatCmd        `cmd:"" help:"Talk about a patient's report in the terminal."`
	Import          importCmd      `cmd:"" help:"Import laboratory reports: FHIR R4 JSON, HL7 v2, CSV, TSV, XLSX; or watch a folder."`
	Quarantine      quarantineCmd  `cmd:"" help:"What could not be trusted: list it, show it, read it again, dismiss it."`
	Names           namesCmd       `cmd:"" help:"Printed names the catalogue does not know: out as CSV, decisions in."`
	Explain         explainCmd     `cmd:"" help:"Print the record of a message that was sent, and review its text again."`
	Critical        criticalCmd    `cmd:"" help:"The critical values of the institution: out as CSV, in again, approved."`
	Export          exportCmd      `cmd:"" help:"Write one patient's reports for another system."`
	BindCode        bindCodeCmd    `cmd:"" help:"Make a one-time code with which a patient's account is bound."`
	Patient         patientCmd     `cmd:"" help:"Show, merge and unmerge patients; move a report to the right one."`
	CustomerService wecomCmd       `cmd:"" name:"wecom" help:"WeCom customer service: check its settings."`
	Key             keyCmd         `cmd:"" help:"Make, list and revoke the keys with which machines send results."`
	Feed            feedCmd        `cmd:"" help:"Show the sources of results, set them up, send a test message."`
	Official        wechatCmd      `cmd:"" name:"wechat" help:"Set up and check the official account patients write to."`
	Institution     institutionCmd `cmd:"" help:"Add and list institutions."`
	Staff           staffCmd       `cmd:"" help:"Add the people who work in the console."`
	DB              dbCmd          `cmd:"" name:"db" help:"Start, migrate, back up and inspect the database."`
	Knowledge       knowledgeCmd   `cmd:"" help:"Re-embed the knowledge library with the configured embedder."`
	Eval            evalCmd        `cmd:"" help:"Prove triage and review on files of labelled cases; needs no database."`
	Doctor          doctorCmd      `cmd:"" help:"Check the machine and the database; say what to do about each failure."`
	Version         versionCmd     `cmd:"" help:"Print the version."`
}

// global is the configuration every command shares.
type global struct {
	Home        string       `help:"Folder of the private database cluster and the encryption keys." env:"CARELINE_HOME" default:"./.careline" type:"path"`
	DatabaseURL string       `help:"PostgreSQL as the service role; with it no private cluster is started." env:"DATABASE_URL" name:"database-url"`
	MigrateURL  string       `help:"PostgreSQL as the owner of the tables; needed with --database-url to migrate." env:"MIGRATE_URL" name:"migrate-url"`
	KeyFile     string       `help:"File with the keys that encrypt names, phones and openids (default: keys.json in the home folder)." env:"CARELINE_KEYS" name:"keys" type:"path"`
	Institution string       `help:"Institution to work for (default: the only one)." env:"CARELINE_INSTITUTION" name:"institution"`
	LogLevel    string       `help:"Log level: debug, info, warn, error." env:"CARELINE_LOG" default:"info" enum:"debug,info,warn,error"`
	Embed       embedConfig  `embed:"" prefix:"embed-"`
	Model       modelConfig  `embed:"" prefix:"model-"`
	WeChat      wechatConfig `embed:"" prefix:"wechat-"`
	WeCom       wecomConfig  `embed:"" prefix:"wecom-"`
}

// embedConfig chooses what turns text into vectors: built in, or an endpoint.
type embedConfig struct {
	URL       string `help:"Base URL of an OpenAI-compatible embedding endpoint; empty: the built-in embedder." env:"CARELINE_EMBED_URL" name:"url"`
	Key       string `help:"Key of the embedding endpoint." env:"CARELINE_EMBED_KEY" name:"key"`
	Model     string `help:"Model of the embedding endpoint." env:"CARELINE_EMBED_MODEL" name:"model"`
	Dimension int    `help:"Dimension of the embedding model." env:"CARELINE_EMBED_DIMENSION" name:"dimension" default:"1024"`
}

// run parses args, runs one command and returns the process's exit code. Every
// failure is one sentence on standard error.
func run(ctx context.Context, args []string, io stdio) int {
	var c cli
	exit := -1
	parser, err := kong.New(&c,
		kong.Name("careline"),
		kong.Description("Careline explains lab reports to patients and hands over to a human clinician."),
		kong.Writers(io.out, io.err),
		kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(io),
		kong.Help(helpWithConfiguration),
		kong.UsageOnError(),
	)
	if err != nil {
		fmt.Fprintln(io.err, "careline:", err)
		return 2
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if exit >= 0 {
		return exit
	}
	if err != nil {
		fmt.Fprintln(io.err, "careline:", err)
		return 2
	}
	log := slog.New(slog.NewTextHandler(io.err, &slog.HandlerOptions{Level: c.level()}))
	if err := command.Run(&c.global, log); err != nil {
		return c.fail(io, err)
	}
	return 0
}

func (g *global) level() slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(g.LogLevel)); err != nil {
		return slog.LevelInfo
	}
	return level
}

// fail prints the sentence for the person; the operator's error follows at
// debug level, where it is asked for.
func (g *global) fail(io stdio, err error) int {
	if errors.Is(err, context.Canceled) {
		return 130
	}
	sentence := strings.TrimSpace(err.Error())
	if e, ok := errors.AsType[*bot.Error](err); ok && e.Person != "" {
		sentence = e.Person
		if g.level() <= slog.LevelDebug {
			sentence += "\n  " + err.Error()
		}
	}
	fmt.Fprintln(io.err, "careline:", sentence)
	if coded, ok := errors.AsType[interface {
		error
		ExitCode() int
	}](err); ok {
		return coded.ExitCode()
	}
	return 1
}
