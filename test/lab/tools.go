package main

import (
	"fmt"
	"io"
)

func withTools(dir string, log io.Writer) (recording, error) {
	return recording{}, fmt.Errorf("todo")
}
