package main

import (
	"context"
	"io"
	"log/slog"
	"os/signal"
	"syscall"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/kubernetes"
	"github.com/modsecurity-for-anylog/msa/internal/atomicfile"
)

type workloadsCommand struct {
	Output    string `short:"o" required:"" placeholder:"FILE" help:"File for the table; it is replaced when the table changes."`
	Once      bool   `help:"Write the table once, and exit."`
	Namespace string `short:"n" placeholder:"NAME" help:"Only pods of this namespace (default: all namespaces)."`
	Server    string `placeholder:"URL" help:"API server, or kubectl proxy (default: the API server of the cluster that msa runs in)."`
	TokenFile string `placeholder:"FILE" help:"Token to show to the server, read for each request (default, in a cluster: the pod's)."`
	CAFile    string `name:"ca-file" placeholder:"FILE" help:"Certificates in PEM to trust (default, in a cluster: the pod's; else the system's)."`
}

// Help says how it gets to the API, and what it needs there.
func (*workloadsCommand) Help() string {
	return `Reads the pods from the Kubernetes API and keeps a file for the property workloads up to date: the workload (shop/deployment/cart) and service account for each address of a pod, and the name for each address of a node. It watches pods until SIGTERM; while the API can't be reached, the table stays as it is. The address of a pod that has ended stays in the table for five minutes, unless another pod gets it.

In a pod it needs a service account that may list and watch pods. Elsewhere, through kubectl's own rights:

    kubectl proxy &
    msa workloads --server http://127.0.0.1:8001 --output workloads.csv

Exit code: 0; 1 if the table could not be written, or with --once if the pods could not be listed.`
}

// readableMode is of files that Fluent Bit may read as another user.
const readableMode = 0o644

// Run writes tables until SIGTERM or SIGINT.
func (c *workloadsCommand) Run(p *process) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	write := func(table []byte) error {
		return atomicfile.Write(c.Output, readableMode, func(w io.Writer) error {
			_, err := w.Write(table)
			return err
		})
	}
	config := kubernetes.Config{Server: c.Server, TokenFile: c.TokenFile, CAFile: c.CAFile, Namespace: c.Namespace}
	watcher, err := kubernetes.New(config, p.getenv, write)
	if err != nil {
		return err
	}
	if c.Once {
		return watcher.Once(ctx)
	}
	return watcher.Run(ctx, slog.New(slog.NewTextHandler(p.stderr, nil)))
}
