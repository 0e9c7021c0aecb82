// Render templates as Go does, with sprig: the vectors of tests/unit/kube/go_templates.json.
// go run . < go_templates.json > new.json
package main

import (
	"bytes"
	"encoding/json"
	"os"
	"text/template"

	"github.com/Masterminds/sprig/v3"
)

type vector struct {
	Template string            `json:"template"`
	Data     map[string]string `json:"data"`
	Rendered *string           `json:"rendered"`
}

func main() {
	var all []vector
	if err := json.NewDecoder(os.Stdin).Decode(&all); err != nil {
		panic(err)
	}
	funcs := sprig.TxtFuncMap()
	for i := range all {
		t, err := template.New("t").Option("missingkey=error").Funcs(funcs).Parse(all[i].Template)
		if err != nil {
			continue
		}
		var out bytes.Buffer
		if t.Execute(&out, all[i].Data) == nil {
			text := out.String()
			all[i].Rendered = &text
		}
	}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	_ = e.Encode(all)
}
