package guard

import "regexp"

// protective are sentences that keep a medicine as it is: "别因为降了就自己减",
// "don't take leftover antibiotics", "停不停请医生定", "take your medicines along".
var protective = regexp.MustCompile(`(?:别|不要|不能|不可|切勿|请勿)[^,。;!?怕忘拖等慌]{0,14}?(?:自己|自行|擅自|随便)[^,。;!?]{0,4}?(?:停|减|加|换|改|调|少打|多打|少吃|多吃|买来吃)` +
	`|先别(?:停|自己停)药|停不停|换不换|吃不吃|加不加|减不减` +
	`|\btake (?:along )?(?:all )?(?:of )?(?:your|the) (?:medicines?|medications?|tablets|insulin|report|results?)(?: list)? (?:along|with you|to )` +
	`|\btake (?:this|the|your|both|these) (?:report|results?|reports|numbers)|\b(?:have|bring|list|pack|keep) [^.;!?]{0,30}?(?:medicines?|medications?|tablets|drugs) (?:that )?you (?:take|are taking|use)(?: with you| along| ready|[,.]| to )` +
	`|\btry not to (?:take|use) (?:painkillers|aspirin|ibuprofen)[^.;!?]{0,40} without (?:checking|asking)|\btry (?:to (?:sleep|rest|relax|drink|eat|walk|stay|keep calm))|\b(?:any|weight|habit|bowel|diet) changes?\b|\bchanges? (?:of|in|to) (?:your )?(?:diet|weight|food|habits?|sleep)` +
	`|\b(?:don't|do not|never|not to|avoid) (?:take|taking|use|using) [^.;!?]{0,60}?(?:leftover|without checking|someone else|somebody else|without|on your own|until you have asked)` +
	`|\bif you take [^,.;!?]{0,40}, please (?:carry on|keep)|\b(?:did|have) you change[d]?\b` +
	`|\b(?:don't|do not|never) [^.;!?]{0,40}?(?:yourself|on your own|by yourself|without (?:asking|checking|talking|advice|a doctor))` +
	`|停药(?:之后|以后|后)(?:会|怎|可能)`)

// purchase is a product sent for: no answer sells anything.
var purchase = regexp.MustCompile(`\b(?:buy|order|purchase|pick up) [^.;!?]{2,40} (?:at|from|in) (?:your|the|any|a|our) (?:\w+ )?(?:pharmacy|chemist|drugstore|shop|store)|(?:到|去|在)(?:楼下|附近|网上)?(?:药店|药房|商城)?[^,。;!?别]{0,4}(?:购买|下单|选购)`)

// matches are where a pattern stands in the text.
func (r *reviewing) matches(p *regexp.Regexp) []span {
	var all []span
	for _, m := range p.FindAllStringIndex(r.text, -1) {
		all = append(all, span{m[0], m[1]})
	}
	return all
}
