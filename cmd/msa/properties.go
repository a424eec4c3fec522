package main

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/modsecurity-for-anylog/msa/cmd/msa/internal/inspect"
	"github.com/modsecurity-for-anylog/msa/pipeline"
)

// newPropertyFlags makes a struct with one flag for each property of the filter,
// under the filter's name with dashes or underscores. Its fields are in the order
// of pipeline.Properties: a pointer, nil when the flag is not given, or a slice
// where a property may be given many times.
func newPropertyFlags() any {
	var fields []reflect.StructField
	for _, p := range pipeline.Properties() {
		help := p.Description
		if p.Default != "" {
			help += fmt.Sprintf(" (default: %s)", p.Default)
		}
		help = strings.ReplaceAll(help, "$", "$$") // kong interpolates
		tag := fmt.Sprintf("name:%q help:%q group:%q placeholder:%q",
			strings.ReplaceAll(p.Name, "_", "-"), help, "Properties, as of the filter", strings.ToUpper(p.Name))
		if strings.Contains(p.Name, "_") {
			tag += " aliases:" + strconv.Quote(p.Name)
		}
		typ := reflect.TypeFor[*string]()
		if p.Multiple {
			typ = reflect.TypeFor[[]string]()
			tag += ` sep:"none"` // the property itself takes lists
		}
		fields = append(fields, reflect.StructField{
			Name: "Property_" + p.Name,
			Type: typ,
			Tag:  reflect.StructTag(tag),
		})
	}
	return reflect.New(reflect.StructOf(fields)).Interface()
}

// givenProperties reads what newPropertyFlags's flags were given, but for those that are without effect in a command.
func givenProperties(plugins kong.Plugins, without ...string) inspect.Properties {
	given := inspect.Properties{}
	flags := reflect.ValueOf(plugins[0]).Elem()
	for i, p := range pipeline.Properties() {
		switch v := flags.Field(i).Interface().(type) {
		case *string:
			if v != nil {
				given[p.Name] = []string{*v}
			}
		case []string:
			if len(v) > 0 {
				given[p.Name] = v
			}
		}
	}
	for _, name := range without {
		delete(given, name)
	}
	return given
}
