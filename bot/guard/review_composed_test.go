package guard

import (
	"strings"
	"testing"

	"careline/bot"
)

// composed are texts as bot/turn writes them, by evidence pack: its phrases with
// the facts filled in. The library's own sections are added in the test.
var composed = map[string][]string{
	"alt": {
		"我明白您惦记着这个结果。先说结论：您8月3日的报告里，谷丙转氨酶（ALT）连着两次偏高，不是需要连夜去医院的那种，但值得在一两周内看医生、找找原因。\n这次谷丙转氨酶（ALT） 87 U/L，报告上的参考范围是7-40；5月12日是55，那次也偏高，这次又高了一些。",
		"您最近几次的谷丙转氨酶（ALT）：5月12日 55，8月3日 87（U/L）。这次报告上的参考范围是7-40，87 偏高。",
		"您8月3日的报告里，谷丙转氨酶（ALT）是 87 U/L，报告上没有印参考范围。不同实验室的范围不一样，没有范围我不替它分高低，可以问一下开单的医生。",
		"您8月3日的报告里，谷丙转氨酶（ALT）是 87 U/L，印的参考范围是7-40，可是旁边印的“↓”和这个范围对不上。我先不说它的高低，请拿报告问一下检验科或开单的医生。",
		"这一项我手边还没有审核过的说明，不想随便讲给您听。带上报告问开单的医生最稳妥。\n问的时候可以这样说：这一项查的是什么？我这个结果需要复查吗，多久以后？",
		"您的报告里，我没有找到谷草转氨酶（AST）这一项。\n先说一般的知识：绑定报告以后，我可以对着报告上的数值来讲。",
		"这个问题我手边没有审核过的资料，不想凭印象回答您。可以问开单的医生，也可以点“转人工”，请我们的工作人员来回复。",
		"您好，我可以帮您看懂化验报告：每一项是什么、为什么会高或低、接下来做什么。您想先问哪一项，或者哪份报告？",
		"不客气。之后哪一项看不明白，随时问我；要是身体突然不舒服得厉害，直接打120，别等回复。",
		"如果出现新的不舒服，或者症状一直不好，那就不看这份报告，直接去看医生。还是放心不下的话，可以点“转人工”，和我们的工作人员说一说。",
	},
	"liver": {
		"您8月3日的“肝功能2号套餐”里，不在参考范围内的是：谷丙转氨酶（ALT）、谷氨酰转肽酶（GGT）。其余列出的项目都在报告自己的参考范围内。合起来看：没有需要连夜去医院的，复查或下次看医生时带上报告问一问就好。\n1. 谷丙转氨酶（ALT） 87 U/L（参考范围7-40），偏高。\n2. 谷氨酰转肽酶（GGT） 72 U/L（参考范围10-60），偏高。\n谷草转氨酶（AST） 35 U/L（参考范围13-35.5），在参考范围内；2月10日是30。\n还有几项不在参考范围内，点“查看全文”可以看到。",
	},
	"normal": {
		"您8月3日的报告里，我没有看到不在参考范围内的项目，但有的项目没有印范围或还没出最终结果，不能说全都正常。",
		"先说结论：您8月3日的报告里，肌酐（CREA）在报告自己的参考范围内，不用为这一项专门跑医院。\n这次肌酐（CREA） 70 μmol/L，报告上的参考范围是57-111。",
		"您8月3日的报告里，列出的项目都在报告自己的参考范围内。\n谷丙转氨酶（ALT） 22 U/L（参考范围7-40），在参考范围内。",
	},
	"english_normal": {
		"On your report, I see no item outside its range, but some have no printed range or no final result yet, so I cannot say that everything is normal.",
	},
	"child":  {"孩子8月3日的报告里，碱性磷酸酶（ALP）印的是 280 U/L，旁边印的参考范围是45-125，还印着“↑”。孩子的参考范围随年龄变，报告上印的常常是大人的，所以这个数字说明什么，要请儿科医生结合年龄来看，我不替医生下判断。"},
	"stated": {"您写的尿酸（UA）是 520。高低要看那张报告上自己印的参考范围，不同实验室不一样；把范围也写给我，我就能帮您对一对。"},
	"english": {
		"It is natural to feel uneasy when a result is flagged. The short answer: on your report of 3 August, ALT is above the range, for the second time in a row. It does not call for a night-time trip to hospital, but it is worth seeing a doctor within a week or two to look for the reason.\nALT is 87 U/L this time; the range printed on the report is 7-40. On 12 May it was 55, also above the range; it has gone up a little since.",
		"The last values of your ALT: 55 on 12 May, 87 on 3 August (U/L). The range on the latest report is 7-40; 87 is above the range.",
		"On your \"Liver panel 2\" of 3 August, these are outside the range: ALT. The other items listed are within the report's own ranges. Taken together: nothing here calls for a night-time trip to hospital, but it is worth seeing a doctor within a week or two; bring the report.\n1. ALT 87 U/L (range 7-40), above the range; 55 on 12 May.\nAST 30 U/L (range 10-40), within the range.",
		"On your report of 3 August, ALT is 87 U/L with the range 7-40, but the mark \"L\" beside it does not fit that range. I will not say where it lies until the laboratory or your doctor has cleared that up.",
		"On your report of 3 August, ALT is 87 U/L, and the report prints no range for it. Ranges differ between laboratories, so without one I will not call it high or low; the doctor who ordered it can tell you.",
		"I have no reviewed text that answers this, and I would rather not guess. You can ask the doctor who ordered the test, or tap \"Talk to a person\" and our staff will reply.",
		"Hello. I can help you understand a lab report: what each item is, why it may be high or low, and what to do next. Which item or report would you like to start with?",
		"You are welcome. Ask me any time something is unclear; and if you suddenly feel very unwell, call the emergency number (120 in China) and do not wait for a reply.",
		"A few more items are outside their ranges; \"Full text\" shows them.",
	},
}

func TestWhatTheComposerSaysPasses(t *testing.T) {
	t.Parallel()
	g, all := reviewer(t), packs(t)
	for name, texts := range composed {
		p := all[name]
		e := p.evidence(t)
		for _, text := range texts {
			d := reviewCase{Text: text}.draft(p, e)
			d.Title = map[bot.Language]string{bot.Chinese: "肝功能2号套餐", bot.English: "Liver panel 2"}[p.Language]
			for _, v := range g.Review(d, e) {
				t.Errorf("%s %q: %s\n%s", v.Check, text[v.Start:v.End], v.Why, text)
			}
		}
	}
}

func TestTheWaitForAPersonIsSaidOnlyWithACase(t *testing.T) {
	t.Parallel()
	g, p := reviewer(t), packs(t)["alt"]
	e := p.evidence(t)
	d := reviewCase{Text: "您问的里面有一部分（比如用药、标本或要结合您个人情况判断的）需要人来看。我已经记下来，会有工作人员看到；在那之前，药别自己加，也别自己停。"}.draft(p, e)
	if found := g.Review(d, e); len(found) == 0 || found[0].Check != "V11" {
		t.Errorf("without a case: %v", found)
	}
	d.CaseCommitted = true
	if found := g.Review(d, e); found != nil {
		t.Errorf("with a case: %v", found)
	}
}

// TestEverySectionOfTheLibraryMayBeCited: approved text passes word for word,
// where it does not speak of the other side of the range.
func TestEverySectionOfTheLibraryMayBeCited(t *testing.T) {
	t.Parallel()
	g, all := reviewer(t), packs(t)
	for _, name := range []string{"alt", "english"} {
		p := all[name]
		e := p.evidence(t)
		for _, passage := range e.Passages {
			if strings.HasPrefix(string(passage.Section), "low") {
				continue
			}
			for _, v := range g.Review(reviewCase{Text: passage.Text}.draft(p, e), e) {
				t.Errorf("%s %s: %s %q: %s", name, passage.Section, v.Check, passage.Text[v.Start:v.End], v.Why)
			}
		}
	}
}
