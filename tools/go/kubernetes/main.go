// Command kubernetes is the parts of a real control plane that the end-to-end tests run, by the
// name that it is called by; built from their own module.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"k8s.io/component-base/cli"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

var commands = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllers.NewControllerManagerCommand,
}

func main() {
	name := filepath.Base(os.Args[0])
	build, known := commands[name]
	if !known {
		fmt.Fprintf(os.Stderr, "error: no part of a control plane is called %s\n", name)
		os.Exit(2)
	}
	os.Exit(cli.Run(build()))
}
