package labs_test

import (
	"testing"

	"careline/bot"
	"careline/retrieval/labs"
)

// TestANameThatMayBeAnotherItemIsLeftAsPrinted: brackets, a code or a value that
// say another specimen or another moment than the catalogue's entry.
func TestANameThatMayBeAnotherItemIsLeftAsPrinted(t *testing.T) {
	t.Parallel()
	cases := []struct {
		title, name, code, value, unit string
		want                           bot.AnalyteID
	}{
		{"", "肌酐(尿)", "", "8000", "μmol/L", "U-CREA"},
		{"", "肌酐（随机尿）", "", "8000", "μmol/L", "U-CREA"},
		{"", "钾(尿)", "", "45", "mmol/L", ""},
		{"", "葡萄糖(脑脊液)", "", "2.1", "mmol/L", ""},
		{"", "白蛋白(腹水)", "", "12", "g/L", ""},
		{"", "淀粉酶(尿)", "", "500", "U/L", ""},
		{"", "钾离子(透析前)", "", "6.4", "mmol/L", ""},
		{"", "葡萄糖(餐后1小时)", "", "10.2", "mmol/L", ""},
		{"", "GLU(60min)", "", "10.2", "mmol/L", ""},
		{"", "胰岛素(2小时)", "", "60", "mIU/L", ""},
		{"", "葡萄糖(餐后2小时)", "", "10.2", "mmol/L", "GLU2H"},
		{"", "C反应蛋白(超敏)", "", "5.1", "mg/L", "HSCRP"},
		{"", "葡萄糖(己糖激酶法)", "", "5.1", "mmol/L", "GLU"},
		{"", "血糖(空腹)", "", "5.1", "mmol/L", "GLU"},
		{"", "钾(血清)", "", "4.1", "mmol/L", "K"},
		{"", "谷丙转氨酶(ALT/GPT)", "", "31", "U/L", "ALT"},

		{"", "白细胞", "", "2+", "", ""},
		{"", "白细胞", "", "3", "个/HP", ""},
		{"", "白细胞", "", "12", "/uL", ""},
		{"", "白细胞", "", "5.2", "10^9/L", "WBC"},
		{"", "葡萄糖", "", "阴性", "", "U-GLU"},
		{"", "葡萄糖", "", "+1", "", "U-GLU"},
		{"", "酮体", "", "0.3", "mmol/L", ""},
		{"", "PRO", "", "75", "g/L", ""},
		{"", "pH", "", "6.0", "", ""},
		{"尿常规", "白细胞", "", "阴性", "", "U-LEU"},
		{"尿常规", "白细胞", "", "3", "个/HP", "U-WBC"},
		{"尿常规", "pH", "", "6.0", "", "U-PH"},
		{"血气分析", "pH", "", "7.40", "", "PH"},

		{"", "PCT", "", "0.22", "%", "PLTCRIT"},
		{"", "PCT", "", "0.22", "ng/mL", "PCT"},
		{"", "淋巴细胞", "", "30", "%", "LYMPH%"},
		{"", "淋巴细胞", "", "2.1", "10^9/L", "LYMPH#"},
		{"", "淋巴细胞", "", "30", "", ""},

		{"", "钠", "2823-3", "140", "mmol/L", ""}, // potassium's code
		{"", "谷丙转氨酶", "2823-3", "31", "U/L", ""},
		{"", "尿蛋白", "2823-3", "4", "mmol/L", ""},
		{"", "葡萄糖", "5792-7", "5.5", "mmol/L", "U-GLU"},
		{"", "K+ (ISE)", "2823-3", "4.1", "mmol/L", "K"},
		{"", "某实验室的叫法", "2823-3", "4.1", "mmol/L", "K"},
	}
	c := catalogue(t)
	for _, x := range cases {
		r := bot.Result{Name: x.name, Code: x.code, Value: value(x.value, x.unit), Status: bot.StatusFinal}
		if got := c.Complete(r, bot.Patient{}, x.title); got.Analyte != x.want {
			t.Errorf("%s %s %s %s of %q is %q, want %q", x.name, x.code, x.value, x.unit, x.title, got.Analyte, x.want)
		}
	}
}

func value(printed, unit string) bot.Value {
	v, _ := labs.ParseValue(printed, unit)
	return v
}
