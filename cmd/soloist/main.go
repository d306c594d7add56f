// Soloist lifts one instrument out of music.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"soloist/model/kernel"
)

const version = "0.1.0"

// Exit statuses.
const (
	success = 0
	failure = 1 // of what was asked
	misuse  = 2 // what was asked makes no sense
)

// commands is the command line. Each command lies in the file of its name.
type commands struct {
	Extract extractCmd `cmd:"" help:"Separate audio files into stems."`
	Models  modelsCmd  `cmd:"" help:"List the models, or show the card of one."`
	Score   scoreCmd   `cmd:"" help:"Compare extracted stems with the true ones."`
	Eval    evalCmd    `cmd:"" help:"Score models on folders of stems: SDR, SIR, SAR, SI-SDR."`
	Bench   benchCmd   `cmd:"" help:"Measure the cost of a frame, and how far it is from the deadline."`
	Train   trainCmd   `cmd:"" help:"Learn a model from folders of stems."`
	Render  renderCmd  `cmd:"" help:"Make training material: bands of recorded samples, and MIDI through SoundFonts."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

type versionCmd struct{}

func (versionCmd) Run(std *streams) error {
	_, err := fmt.Fprintf(std.out, "soloist %s (%s, %s/%s, %s kernels)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH, kernel.Name())
	return err
}

// streams are where a command writes.
type streams struct {
	out io.Writer
	err io.Writer
}

// complain writes one line for an error.
func (s *streams) complain(err error) {
	fmt.Fprintf(s.err, "soloist: %s\n", strings.ReplaceAll(err.Error(), "\n", "; "))
}

var (
	// errReported ends a command whose failures have been written already.
	errReported = errors.New("reported")
	// errMisuse marks what is wrong with the command line itself.
	errMisuse = errors.New("misuse")
)

// misused marks err as a misuse, without changing its words.
func misused(err error) error { return &misuseError{err} }

type misuseError struct{ error }

func (e *misuseError) Is(target error) bool { return target == errMisuse }
func (e *misuseError) Unwrap() error        { return e.error }

func main() {
	// The first Ctrl-C or SIGTERM lets the command tidy up; another one ends the process.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], &streams{os.Stdout, os.Stderr}))
}

// run carries out a command line and returns the exit status.
func run(ctx context.Context, args []string, std *streams) (status int) {
	// Kong leaves by its Exit function on --help, and so do we.
	type left int
	defer func() {
		if r := recover(); r != nil {
			l, ok := r.(left)
			if !ok {
				panic(r)
			}
			status = int(l)
		}
	}()
	parser, err := kong.New(&commands{},
		kong.Name("soloist"),
		kong.Description("Soloist lifts one instrument out of music."),
		kong.Writers(std.out, std.err),
		kong.Exit(func(code int) { panic(left(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(std),
	)
	if err != nil {
		panic(err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		std.complain(fmt.Errorf("%w; see soloist --help", err))
		return misuse
	}
	if err := kernel.SelectionError(); err != nil {
		std.complain(err)
		return misuse
	}
	switch err := command.Run(); {
	case err == nil:
		return success
	case errors.Is(err, errReported):
		return failure
	case errors.Is(err, errMisuse):
		std.complain(err)
		return misuse
	default:
		std.complain(err)
		return failure
	}
}
