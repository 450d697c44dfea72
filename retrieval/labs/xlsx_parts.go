package labs

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// mostPart is the largest part that is read whole, in bytes: the list of sheets,
// the styles.
const mostPart = 8 << 20

// part reads a small part whole.
func (b *workbook) part(name string, into any) error {
	in, err := b.open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := xml.NewDecoder(io.LimitReader(in, mostPart)).Decode(into); err != nil {
		return brokenWorkbook(fmt.Errorf("%s: %w", name, err))
	}
	return nil
}

type relations struct {
	All []struct {
		ID     string `xml:"Id,attr"`
		Type   string `xml:"Type,attr"`
		Target string `xml:"Target,attr"`
	} `xml:"Relationship"`
}

// of are the parts a part refers to, by id.
func (r relations) of(folder string) map[string]string {
	all := map[string]string{}
	for _, one := range r.All {
		target := one.Target
		if !strings.HasPrefix(target, "/") {
			target = path.Join(folder, target)
		}
		all[one.ID] = strings.TrimPrefix(path.Clean(target), "/")
	}
	return all
}

// first is the part of a kind, as the end of the relation's type says it.
func (r relations) first(folder, kind string) string {
	for _, one := range r.All {
		if strings.HasSuffix(one.Type, "/"+kind) {
			return r.of(folder)[one.ID]
		}
	}
	return ""
}

// readParts reads what a workbook says about its sheets, styles and texts.
func (b *workbook) readParts() error {
	var root, own relations
	if err := b.part("_rels/.rels", &root); err != nil {
		return err
	}
	main := root.first("", "officeDocument")
	if main == "" {
		return brokenWorkbook(errors.New("no workbook in it"))
	}
	var book struct {
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"id,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := b.part(main, &book); err != nil {
		return err
	}
	folder := path.Dir(main)
	if err := b.part(path.Join(folder, "_rels", path.Base(main)+".rels"), &own); err != nil {
		return err
	}
	b.date1904 = book.Properties.Date1904 == "1" || book.Properties.Date1904 == "true"
	targets := own.of(folder)
	for _, s := range book.Sheets {
		if b.parts[targets[s.ID]] != nil && len(b.sheets) < mostSheets {
			b.sheets = append(b.sheets, workbookSheet{cellText(s.Name, mostName), targets[s.ID]})
		}
	}
	if styles := own.first(folder, "styles"); styles != "" {
		if err := b.readStyles(styles); err != nil {
			return err
		}
	}
	if texts := own.first(folder, "sharedStrings"); texts != "" {
		return b.readStrings(texts)
	}
	return nil
}

// readStyles reads how the numbers of each style are shown.
func (b *workbook) readStyles(name string) error {
	var styles struct {
		Formats []struct {
			ID   int    `xml:"numFmtId,attr"`
			Code string `xml:"formatCode,attr"`
		} `xml:"numFmts>numFmt"`
		Cells []struct {
			Format int `xml:"numFmtId,attr"`
		} `xml:"cellXfs>xf"`
	}
	if err := b.part(name, &styles); err != nil {
		return err
	}
	codes := map[int]string{}
	for _, f := range styles.Formats {
		codes[f.ID] = f.Code
	}
	known := map[int]numberFormat{}
	for _, cell := range styles.Cells {
		f, ok := known[cell.Format]
		if !ok {
			code, own := codes[cell.Format]
			if !own {
				code = builtInFormat(cell.Format)
			}
			f = readNumberFormat(code)
			known[cell.Format] = f
		}
		b.formats = append(b.formats, f)
	}
	return nil
}
