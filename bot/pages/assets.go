package pages

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
)

//go:embed static
var shared embed.FS

// Assets serves embedded files under lasting addresses: an address carries the
// file's digest, so that a browser may keep the file for ever.
type Assets struct {
	prefix string
	files  map[string]asset
}

type asset struct {
	body   []byte
	digest string
	kind   string
}

// SharedAssets holds the style sheet and scripts both surfaces use, to be
// mounted at /assets/shared/.
func SharedAssets() (*Assets, error) { return NewAssets("/assets/shared/", shared, "static") }

// NewAssets reads every file of dir in fsys; prefix is where the handler is mounted.
func NewAssets(prefix string, fsys fs.FS, dir string) (*Assets, error) {
	a := &Assets{prefix: prefix, files: map[string]asset{}}
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("pages: assets of %s: %w", prefix, err)
	}
	for _, entry := range entries {
		body, err := fs.ReadFile(fsys, path.Join(dir, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("pages: asset %s%s: %w", prefix, entry.Name(), err)
		}
		sum := sha256.Sum256(body)
		a.files[entry.Name()] = asset{body: body, digest: hex.EncodeToString(sum[:8]), kind: mime.TypeByExtension(path.Ext(entry.Name()))}
	}
	return a, nil
}

// Prefix is where the handler is mounted.
func (a *Assets) Prefix() string { return a.prefix }

// URL is the address of a file, for templates; an unknown name is an error.
func (a *Assets) URL(name string) (string, error) {
	f, ok := a.files[name]
	if !ok {
		return "", fmt.Errorf("pages: no asset is called %s%s", a.prefix, name)
	}
	return a.prefix + name + "?v=" + f.digest, nil
}

func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[path.Base(r.URL.Path)]
	if !ok || a.prefix+path.Base(r.URL.Path) != r.URL.Path {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	if r.URL.Query().Get("v") == f.digest {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(f.body)
}
