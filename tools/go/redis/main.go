// Command redis is a small server that speaks Redis, for Argo CD in the end-to-end tests.
//
// Unlike redis-server it comes from a Go module, so that it is there wherever the others are.
// The password, if any, is in REDIS_PASSWORD.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/alicebob/miniredis/v2"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: redis ADDRESS:PORT")
		os.Exit(2)
	}
	server := miniredis.NewMiniRedis()
	if password := os.Getenv("REDIS_PASSWORD"); password != "" {
		server.RequireAuth(password)
	}
	if err := server.StartAddr(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	// Keys expire by a clock that stands still unless it is moved.
	for range time.Tick(time.Second) {
		server.FastForward(time.Second)
	}
}
