package listing

import (
	"encoding/json"
	"io"
)

// JSON writes a value for programs, indented so that people can read it too.
func JSON(w io.Writer, value any) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(value)
}
