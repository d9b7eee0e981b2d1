// Command sdk writes the SDKs of a package for TypeScript and Go, with the code generators of the Pulumi command line.
//
// Usage: sdk SCHEMA FOLDER. It reads the package schema as JSON, and makes FOLDER/nodejs and FOLDER/go.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"

	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: sdk SCHEMA FOLDER")
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func write(file, folder string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for language, generate := range map[string]func(*schema.Package) (map[string][]byte, error){
		"nodejs": func(pkg *schema.Package) (map[string][]byte, error) {
			return nodejs.GeneratePackage("pulumi-opsmanager", pkg, nil, nil, true, nil)
		},
		"go": func(pkg *schema.Package) (map[string][]byte, error) {
			return golang.GeneratePackage("pulumi-opsmanager", pkg, nil)
		},
	} {
		// The package refers to no other one. Each generator changes the package, so each one receives its own.
		pkg, problems, err := schema.BindSpec(spec, schema.NewNullLoader(), schema.ValidationOptions{})
		if err != nil {
			return err
		}
		if problems.HasErrors() {
			return problems
		}
		files, err := generate(pkg)
		if err != nil {
			return fmt.Errorf("%s: %w", language, err)
		}
		for name, content := range files {
			path := filepath.Join(folder, language, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(path, content, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}
