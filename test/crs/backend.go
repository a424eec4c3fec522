package crs

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Response is what the server answered.
type Response struct {
	Status  int
	Headers []Header
	Body    string
}

// Header is the value of the first header of a name; ok is false without one.
func (r Response) Header(name string) (value string, ok bool) { return first(r.Headers, name) }

// Exchange is a stage with the response that its log would show.
type Exchange struct {
	*Stage
	Response Response
}

// Respond plays the server of the regression tests, albedo: POST /reflect answers
// as its JSON body says, everything else gets an empty 200. A request that the test
// expects to be refused is refused.
func Respond(s *Stage) Exchange {
	if !s.Expect.Rules() {
		return Exchange{s, newResponse(s.Expect.Status, nil, "")}
	}
	path, _, _ := strings.Cut(s.Request.URI, "?")
	if s.Request.Method != http.MethodPost || path != "/reflect" && !strings.HasPrefix(path, "/reflect/") {
		return Exchange{s, newResponse(http.StatusOK, nil, "")}
	}
	return Exchange{s, reflectBody(s.Request.Body)}
}

func reflectBody(body string) Response {
	var spec struct {
		Status      int               `json:"status"`
		Headers     map[string]string `json:"headers"`
		Body        string            `json:"body"`
		EncodedBody string            `json:"encodedBody"`
	}
	if err := json.Unmarshal([]byte(body), &spec); err != nil {
		return newResponse(http.StatusBadRequest, nil, "Invalid JSON in request body")
	}
	if spec.Status == 0 {
		spec.Status = http.StatusOK
	}
	if spec.Status < 100 || spec.Status > 599 {
		return newResponse(http.StatusBadRequest, nil, fmt.Sprintf("Invalid status code: %d", spec.Status))
	}
	if spec.Body == "" {
		decoded, err := base64.StdEncoding.DecodeString(spec.EncodedBody)
		if err != nil {
			return newResponse(http.StatusBadRequest, nil, "invalid base64 encoding of response body")
		}
		spec.Body = string(decoded)
	}
	var headers []Header
	for name, value := range spec.Headers {
		headers = append(headers, Header{name, value})
	}
	slices.SortFunc(headers, func(a, b Header) int { return strings.Compare(a.Name, b.Name) })
	return newResponse(spec.Status, headers, spec.Body)
}

// newResponse adds the headers that a server adds.
func newResponse(status int, headers []Header, body string) Response {
	if _, ok := first(headers, "Content-Type"); !ok && body != "" {
		headers = append(headers, Header{"Content-Type", "text/plain; charset=utf-8"})
	}
	if _, ok := first(headers, "Content-Length"); !ok {
		headers = append(headers, Header{"Content-Length", strconv.Itoa(len(body))})
	}
	return Response{status, headers, body}
}

// block is the status line and the headers on the wire.
func (r Response) block() string {
	return fmt.Sprintf("HTTP/1.1 %d %s\r\n", r.Status, http.StatusText(r.Status)) + headerLines(r.Headers)
}
